"""The addresses of the pages."""

SIGN_IN = "/sign-in"
REGISTER = "/register"
LIBRARY = "/"
VIDEO = "/videos/[video_id]"


def video(video_id: str) -> str:
    """A video's page."""
    return f"/videos/{video_id}"
