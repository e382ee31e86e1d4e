"""The tables. Ids are UUIDs of version 7; times are UTC and aware; sizes are bytes and durations seconds.

Importing this package fills `SQLModel.metadata` with all of them.
"""

from mediaproc.domain.tables.accounts import (
    ApiKey,
    IdempotentAnswer,
    Membership,
    RefreshToken,
    Session,
    Team,
    User,
)
from mediaproc.domain.tables.columns import EnumText, Rank, new_id, now
from mediaproc.domain.tables.jobs import Attempt, Job, Leftover, TeamSchedule
from mediaproc.domain.tables.library import Rendition, Segment, Storyboard, Video
from mediaproc.domain.tables.presets import TeamImage, TeamPreset
from mediaproc.domain.tables.uploads import Upload
from mediaproc.domain.tables.webhooks import Webhook, WebhookDelivery

__all__ = [
    "ApiKey",
    "Attempt",
    "EnumText",
    "IdempotentAnswer",
    "Job",
    "Leftover",
    "Membership",
    "Rank",
    "RefreshToken",
    "Rendition",
    "Segment",
    "Session",
    "Storyboard",
    "Team",
    "TeamImage",
    "TeamPreset",
    "TeamSchedule",
    "Upload",
    "User",
    "Video",
    "Webhook",
    "WebhookDelivery",
    "new_id",
    "now",
]
