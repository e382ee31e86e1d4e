"""`/videos/{id}/events` and `/api/v1/events`: Server-Sent Events."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from mediaproc.api.dependencies import SignedIn
from mediaproc.api.event_feed import EventFeed
from mediaproc.api.problems import documented
from mediaproc.api.sse import EventStream, LastSeen

router = APIRouter(tags=["events"])
"""Routes for one video, also served without `/api/v1`."""

team_router = APIRouter(tags=["events"])
"""Route for all videos of the team."""

LastEventId = Annotated[
    str | None,
    Header(max_length=100, description="Last event id received. A browser's EventSource sends it automatically."),
]
Cursor = Annotated[str | None, Query(max_length=100, description="Last event id, for clients that cannot set headers.")]

_EXAMPLE = """retry: 2000
id: 1795489733374-0
event: status
data: {"video_id": "0199…", "status": "processing", "attempt": 1, "max_attempts": 3, "next_attempt_at": null}

id: 1795489733912-0
event: progress
data: {"video_id": "0199…", "progress": 45, "stage": "encode", "fps": 118.2, "speed": 3.9, "eta_seconds": 12}
"""

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, until the client or the server closes.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}
_NOTHING_MORE: dict[int | str, dict[str, Any]] = {
    204: {"description": "The id seen last is that of the final status; an EventSource stops coming back."}
}

_ABOUT_EVENTS = """
First a snapshot of the present state, then each change: `id`, `event` and one JSON object as `data`. A `progress`
event always has `progress` (0 to 100), a `status` event always has `status`; a failed attempt that will be tried
again is `queued` with `next_attempt_at`, no final status. Other events are `playable`, `rendition`, `log` and
`removed`. Pass over those that you don't know.

Come back with `Last-Event-ID` (or `?cursor=`): nothing is lost and nothing comes twice, except that of `progress`
only the newest is sent to a client that is slow. Ids are opaque. A snapshot comes again for an id that is no longer
kept (24 hours after the last event), and where a snapshot was cut off. Whenever the server closes, come back: it does
so when a client is too slow, when it restarts, and when the session ends (then 401). A comment comes every 15 seconds.
""".strip()


@router.get(
    "/videos/{id}/events",
    operation_id="follow_video_events",
    status_code=200,
    response_class=EventStream,
    responses={**_STREAM, **_NOTHING_MORE, **documented(401, 403, 404, 422)},
    description=f"What happens to one video. The server closes after its final status.\n\n{_ABOUT_EVENTS}",
)
async def of_video(id: UUID, principal: SignedIn, last_event_id: LastEventId = None, cursor: Cursor = None) -> Response:
    """Stream the events of one video."""
    return await _follow(EventFeed(principal, id), last_event_id or cursor)


@team_router.get(
    "/events",
    operation_id="follow_events",
    status_code=200,
    response_class=EventStream,
    responses={**_STREAM, **documented(401, 403, 422)},
    description=f"What happens to all of one's videos. Its snapshot: the newest 100, and as many unfinished ones.\n\n"
    f"{_ABOUT_EVENTS}",
)
async def of_all(principal: SignedIn, last_event_id: LastEventId = None, cursor: Cursor = None) -> Response:
    """Stream the events of all the team's videos."""
    return await _follow(EventFeed(principal, None), last_event_id or cursor)


async def _follow(feed: EventFeed, id: str | None) -> Response:
    if not await feed.begin(LastSeen.read(id)):
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return EventStream(feed.chunks(), leave=feed.leave)
