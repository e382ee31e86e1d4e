"""Events: type, video, team, and the JSON object that programs read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID


class EventType(StrEnum):
    """The `event:` word of Server-Sent Events."""

    PROGRESS = "progress"
    STATUS = "status"
    PLAYABLE = "playable"
    RENDITION = "rendition"
    STORYBOARD = "storyboard"
    """After a video is completed; the stream of that video has ended by then, that of its team goes on."""
    QUALITY = "quality"
    """After a video is completed, too: how good its renditions were found to be."""
    LOG = "log"
    CHANGED = "changed"
    """Somebody gave the video another title or priority."""
    REMOVED = "removed"

    @property
    def afterwards(self) -> bool:
        """True if it follows the end of a video's processing; subscribers of that alone don't get it."""
        return self in {EventType.STORYBOARD, EventType.QUALITY}


@dataclass(frozen=True)
class Event:
    """A published fact. `cursor` is its id in the Redis streams, empty before it is published.

    `data` always has `progress` (0–100) in a progress event, `status` in a status event, and `video_id`.
    """

    type: EventType
    team_id: UUID
    video_id: UUID
    data: dict[str, Any]
    cursor: str = ""

    @cached_property
    def json(self) -> str:
        """`data` as one line of JSON, made once for all who are sent it."""
        return json.dumps(self.data, default=str)

    @cached_property
    def order(self) -> tuple[int, int]:
        """Position among all events; see `cursor_order`."""
        return cursor_order(self.cursor)

    def to_fields(self) -> dict[str, str]:
        """The event as the fields of a stream entry."""
        return {
            "type": self.type.value,
            "team_id": str(self.team_id),
            "video_id": str(self.video_id),
            "data": json.dumps(self.data, separators=(",", ":"), default=str),
        }

    @classmethod
    def from_entry(cls, cursor: str, fields: dict[str, str]) -> Event:
        """The event of a stream entry."""
        return cls(
            type=EventType(fields["type"]),
            team_id=UUID(fields["team_id"]),
            video_id=UUID(fields["video_id"]),
            data=json.loads(fields["data"]),
            cursor=cursor,
        )


def cursor_order(cursor: str) -> tuple[int, int]:
    """Redis stream ids compare as pairs of integers. Raises ValueError if this is none."""
    milliseconds, _, sequence = cursor.partition("-")
    return int(milliseconds), int(sequence or 0)
