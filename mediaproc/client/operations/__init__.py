"""Operations of the API: each builds one request, and is a method of both clients."""

from mediaproc.client.operations.accounts import AccountOperations
from mediaproc.client.operations.presets import PresetOperations
from mediaproc.client.operations.uploads import UploadOperations
from mediaproc.client.operations.videos import PlaybackOperations, VideoOperations
from mediaproc.client.operations.webhooks import WebhookOperations


class Operations(
    VideoOperations, PlaybackOperations, UploadOperations, PresetOperations, AccountOperations, WebhookOperations
):
    """All operations."""


__all__ = ["Operations"]
