"""Mailbox of one listener: the newest progress of each video, and all other events in order.

Memory is bounded for a slow listener: new progress replaces old, and if too many other events wait, all are dropped and
the gap is reported with the next batch.
"""

from __future__ import annotations

from uuid import UUID

from mediaproc.events.messages import Event, EventType

CAPACITY = 500
"""Events other than progress that may wait."""


class Mailbox:
    """Filled by the hub, emptied by one listener. `gap` says that something was dropped since the last `take`."""

    __slots__ = ("_capacity", "_others", "_progress", "gap")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._others: list[Event] = []
        self._progress: dict[UUID, Event] = {}
        self.gap = False

    def put(self, event: Event) -> None:
        """Keep an event; a newer progress of the same video takes the place of the older."""
        if event.type is EventType.PROGRESS:
            self._progress[event.video_id] = event
        elif len(self._others) < self._capacity:
            self._others.append(event)
        else:
            self.drop()
            self._others.append(event)

    def drop(self) -> None:
        """Forget everything and remember that there is a gap."""
        self._others.clear()
        self._progress.clear()
        self.gap = True

    def take(self) -> tuple[list[Event], bool]:
        """Everything that waits, oldest first, and whether something before it was dropped."""
        taken = [*self._others, *self._progress.values()]
        gap, self.gap = self.gap, False
        self._others.clear()
        self._progress.clear()
        if len(taken) > 1:
            taken.sort(key=lambda event: event.order)
        return taken, gap
