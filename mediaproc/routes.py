"""The addresses of the pages."""

SIGN_IN = "/sign-in"
REGISTER = "/register"
RENEW = "/renew"
LIBRARY = "/"
VIDEO = "/videos/[video_id]"
JOBS = "/jobs"
SETTINGS = "/settings"
PRESETS = "/settings/presets"

SIGN_IN_FORM = "/auth/sign-in"
REGISTER_FORM = "/auth/register"
SIGN_OUT_FORM = "/auth/sign-out"
"""Where the pages' native forms are posted; answered by 303."""

PUBLIC = frozenset({SIGN_IN, REGISTER, RENEW})
"""Pages that may be seen without being signed in."""


def video(video_id: str) -> str:
    """A video's page."""
    return f"/videos/{video_id}"
