"""A typed client of Mediaproc's API, for programs: uploads, videos, live events, downloads, keys, webhooks.

    with Client("https://video.example", api_key="mp_…") as mediaproc:
        video = mediaproc.upload(Path("holiday.mov"))
        for event in mediaproc.events(video.id):
            print(event.type, event.data)
        mediaproc.download(video.id, Path("holiday.mp4"))

It knows nothing of the server's code, only the public API.
"""

from mediaproc.client.client import Client
from mediaproc.client.errors import (
    ApiError,
    ClientError,
    FileChanged,
    Interrupted,
    NotReachable,
    TransferFailed,
    UnexpectedAnswer,
)
from mediaproc.client.models import (
    ApiKey,
    Delivery,
    Event,
    NewApiKey,
    NewWebhook,
    Preset,
    Rendition,
    Track,
    Transfer,
    User,
    Video,
    Webhook,
)

__all__ = [
    "ApiError",
    "ApiKey",
    "Client",
    "ClientError",
    "Delivery",
    "Event",
    "FileChanged",
    "Interrupted",
    "NewApiKey",
    "NewWebhook",
    "NotReachable",
    "Preset",
    "Rendition",
    "Track",
    "Transfer",
    "TransferFailed",
    "UnexpectedAnswer",
    "User",
    "Video",
    "Webhook",
]
