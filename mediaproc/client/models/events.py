"""Live events, and progress of transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mediaproc.client.models.videos import FINAL


@dataclass(frozen=True)
class Event:
    """A change of a video. Pass `id` as `last_event_id` to continue after it. New types may be added."""

    id: str
    type: str
    """`status`, `progress`, `playable`, `rendition`, `log` or `removed`."""
    data: dict[str, Any]

    @property
    def final(self) -> bool:
        """True for the last event of a video: it was removed, or has a final status."""
        return self.type == "removed" or (self.type == "status" and self.data.get("status") in FINAL)


@dataclass(frozen=True)
class Transfer:
    """Progress of an upload or download, in bytes."""

    done_bytes: int
    total_bytes: int
