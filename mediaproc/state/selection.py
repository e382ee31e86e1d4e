"""Selection of videos in a list, and bulk actions on what is selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

import reflex as rx

from mediaproc.domain.errors import Expected, NotSignedIn
from mediaproc.operations import trash, videos
from mediaproc.state.session import SessionState

_UNDOABLE: dict[Callable[..., Any], str] = {trash.discard: "delete", videos.cancel: "cancel"}


def undo_text(action: str, titles: Sequence[str]) -> str:
    """`“Holiday” deleted`, or `3 videos deleted`."""
    what = f"“{titles[0]}”" if len(titles) == 1 else f"{len(titles)} videos"
    return f"{what} deleted" if action == "delete" else f"Processing of {what} cancelled"


class Listed(Protocol):
    """A row or card of a video."""

    @property
    def id(self) -> str:
        """Id of the video."""
        ...

    @property
    def title(self) -> str:
        """Title of the video."""
        ...

    @property
    def selectable(self) -> bool:
        """True if there is an action on it."""
        ...


class Selection(SessionState, mixin=True):
    """Parent of the states that list videos. They call `_keep_selected` whenever the list changes."""

    selected: list[str] = []
    busy: bool = False
    _last: str = ""

    @rx.event
    def select(self, video_id: str, through: bool = False) -> None:
        """Select or deselect a video. `through`: select the range from the last one to this one."""
        listed = self._selectable()
        if through and {video_id, self._last} <= {*listed}:
            first, last = sorted((listed.index(self._last), listed.index(video_id)))
            wanted = {*self.selected, *listed[first : last + 1]}
        else:
            wanted = {*self.selected} ^ {video_id}
        self.selected, self._last = [id for id in listed if id in wanted], video_id

    @rx.event
    def select_all(self) -> None:
        """Select everything in the list, or nothing if everything is selected."""
        listed = self._selectable()
        self.selected = [] if len(self.selected) == len(listed) else listed

    @rx.event
    def select_none(self) -> None:
        """Clear the selection."""
        self.selected = []

    def _listed(self) -> Sequence[Listed]:
        """The list as it is shown, in its order."""
        raise NotImplementedError

    def _selectable(self) -> list[str]:
        """Ids of what can be selected, in the order of the list."""
        return [each.id for each in self._listed() if each.selectable]

    def _keep_selected(self) -> None:
        """Deselect what is no longer in the list."""
        remaining = [id for id in self._selectable() if id in self.selected]
        if remaining != self.selected:
            self.selected = remaining

    async def _each(self, video_ids: Sequence[str], verb: Callable[..., Any], **options: Any) -> None:
        """Perform a verb on each of these videos; a notice names those that refused it, with the reason. Otherwise it
        offers to undo what can be undone.
        """
        wanted = [each for each in self._listed() if each.id in video_ids]
        reasons = {each.id: await self._refused(each, verb, **options) for each in wanted}
        refused = [reason for reason in reasons.values() if reason]
        done = [each for each in wanted if not reasons[each.id]]
        action = _UNDOABLE.get(verb)
        if action and done:
            said = undo_text(action, [each.title for each in done])
            self._offer_undo(action, [each.id for each in done], ". ".join([said, *refused]))
        elif refused:
            self.notice, self.undo_action = "; ".join(refused), ""

    async def _refused(self, one: Listed, verb: Callable[..., Any], **options: Any) -> str:
        """Perform the verb in a transaction of its own. Returns the reason if it was refused, else an empty string."""
        try:
            await self._ask(verb, UUID(one.id), **options)
        except NotSignedIn:
            raise
        except Expected as error:
            return f"{one.title}: {error.detail}"
        return ""
