"""Live updates: keep an open page in step with its team's events.

Each open page holds one subscription, so that no tab polls the database for progress.
"""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

from mediaproc.events.hub import hub
from mediaproc.events.messages import Event
from mediaproc.state.session import SessionState, whoami

UPDATE_SECONDS = 0.1
"""Minimum time between two updates of a tab. An event that arrives after a pause is shown at once."""

RECHECK_SECONDS = 30
"""Maximum time that a page stays live after its session has ended elsewhere, and that it shows a state whose change
was never published because the process died between its commit and its event."""

POLL_SECONDS = 2.0
"""Interval at which a page reads what no event announces."""


class LiveState(SessionState, mixin=True):
    """Parent of the states of live pages. A page's `watch` handler, last of its `on_load`, calls `_follow`."""

    async def _follow(self, *, video_id: UUID | None = None) -> None:
        """Load the page and apply events until it is left: those of one video, or of all the team's videos.

        Reflex cancels this when the tab opens another page. Raises NotSignedIn once the session has ended.
        """
        principal = await self._ask(whoami)
        async with hub().subscribe(team_id=principal.team_id, video_id=video_id) as subscription:
            await self._reload()
            recheck, poll = _Interval(), _Interval()
            while not subscription.closed and not self._ended():
                wait_seconds = min(POLL_SECONDS, RECHECK_SECONDS) if self._polls() else RECHECK_SECONDS
                events = await subscription.next(timeout_seconds=wait_seconds)
                outdated = subscription.lost
                if recheck.is_over(RECHECK_SECONDS):
                    await self._ask(whoami)
                    outdated = outdated or self._unfinished()
                await self._apply(events, outdated=outdated)
                if self._polls() and poll.is_over(POLL_SECONDS):
                    await self._poll()
                await asyncio.sleep(UPDATE_SECONDS)

    async def _reload(self) -> None:
        """Load everything that the page shows."""
        raise NotImplementedError

    async def _apply(self, events: list[Event], *, outdated: bool) -> None:
        """Show these events. `outdated`: something may have been missed, so load everything again."""
        raise NotImplementedError

    def _unfinished(self) -> bool:
        """True while anything on the page will still change by itself."""
        raise NotImplementedError

    def _ended(self) -> bool:
        """True once there is nothing left to follow."""
        return False

    def _polls(self) -> bool:
        """True while `_poll` has something to look for."""
        return False

    async def _poll(self) -> None:
        """Read what no event announces."""


class _Interval:
    """Measures repeated stretches of time."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def is_over(self, seconds: float) -> bool:
        """True once `seconds` have passed since the last time this was true."""
        if time.monotonic() - self._began <= seconds:
            return False
        self._began = time.monotonic()
        return True
