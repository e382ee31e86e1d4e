"""What is selected of a list that moves, and doing something to each of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

import reflex as rx

from mediaproc.domain.errors import Expected, NotSignedIn
from mediaproc.state.session import SessionState


class Listed(Protocol):
    """A row or card: named by its video."""

    @property
    def id(self) -> str:
        """The video's id."""
        ...

    @property
    def title(self) -> str:
        """What the video is called."""
        ...


class Selection(SessionState, mixin=True):
    """Of a state that lists videos. It calls `_keep_selected` whenever the list is another."""

    selected: list[str] = []
    busy: bool = False
    _last: str = ""

    @rx.event
    def select(self, video_id: str, through: bool = False) -> None:
        """Select one, or no longer; with `through` all from the one before it to this one."""
        listed = [each.id for each in self._listed()]
        if through and {video_id, self._last} <= {*listed}:
            first, last = sorted((listed.index(self._last), listed.index(video_id)))
            wanted = {*self.selected, *listed[first : last + 1]}
        else:
            wanted = {*self.selected} ^ {video_id}
        self.selected, self._last = [id for id in listed if id in wanted], video_id

    @rx.event
    def select_all(self) -> None:
        """Select all that are shown; none if all are."""
        listed = self._listed()
        self.selected = [] if len(self.selected) == len(listed) else [each.id for each in listed]

    @rx.event
    def select_none(self) -> None:
        """Select nothing any more."""
        self.selected = []

    def _listed(self) -> Sequence[Listed]:
        """What is shown, in its order."""
        raise NotImplementedError

    def _keep_selected(self) -> None:
        """Forget what is not shown any more."""
        kept = [each.id for each in self._listed() if each.id in self.selected]
        if kept != self.selected:
            self.selected = kept

    async def _each(self, video_ids: Sequence[str], verb: Callable[..., Any], **how: Any) -> None:
        """Do it to each of these for itself, and say of which it could not be done."""
        wanted = [each for each in self._listed() if each.id in video_ids]
        refused = [said for each in wanted if (said := await self._refused(each, verb, **how))]
        self.notice = "; ".join(refused) or self.notice

    async def _refused(self, one: Listed, verb: Callable[..., Any], **how: Any) -> str:
        """Do it in a transaction of its own. Returns why it could not be done, if it could not."""
        try:
            await self._ask(verb, UUID(one.id), **how)
        except NotSignedIn:
            raise
        except Expected as error:
            return f"{one.title}: {error.detail}"
        return ""
