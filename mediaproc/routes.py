"""Addresses of the pages, and of what they link to."""

SIGN_IN = "/sign-in"
REGISTER = "/register"
RENEW = "/renew"
LIBRARY = "/"
VIDEO = "/videos/[video_id]"
JOBS = "/jobs"
SETTINGS = "/settings"
PRESETS = "/settings/presets"

PUBLIC = frozenset({SIGN_IN, REGISTER, RENEW})
"""Pages that are served without a session. Every other page requires one (`api/middleware/page_guard.py`)."""

SIGN_IN_FORM = "/auth/sign-in"
REGISTER_FORM = "/auth/register"
SIGN_OUT_FORM = "/auth/sign-out"
"""Targets of the native forms; they answer 303."""


def video(video_id: str) -> str:
    """A video's page."""
    return f"/videos/{video_id}"


def video_api(video_id: str) -> str:
    """A video in the API."""
    return f"/api/v1/videos/{video_id}"


def download(video_id: str, rendition: str = "") -> str:
    """Address that downloads the file of a rendition, or the best file of the video, under its own name."""
    address = f"{video_api(video_id)}/download"
    return f"{address}?rendition={rendition}" if rendition else address
