"""`/videos/{id}/hls/…` and `/dash/…`: playlists for the team and for holders of a playback URL."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from mediaproc.api import dependencies
from mediaproc.api.dependencies import AccessCookie, BearerToken
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.media import dash, hls, storyboard
from mediaproc.operations import playback
from mediaproc.operations.scope import Principal

router = APIRouter(prefix="/videos/{id}/hls", tags=["playback"])
dash_router = APIRouter(prefix="/videos/{id}/dash", tags=["playback"])

Token = Annotated[str | None, Query(max_length=1000, description="Playback token, as in `hls_url`.")]

Cmcd = Annotated[
    str | None,
    Query(
        alias="CMCD",
        max_length=8000,
        description="Common Media Client Data (CTA-5004). A player that sends it gets segment URLs that redirect to "
        "the presigned ones, because a query parameter added to those would break their signature.",
    ),
]


class Playlist(Response):
    """An HLS playlist."""

    media_type = hls.MIME_TYPE


class Vtt(Response):
    """A WebVTT file."""

    media_type = storyboard.VTT_MIME_TYPE


class Mpd(Response):
    """A DASH manifest."""

    media_type = dash.MIME_TYPE


def _viewer(request: Request, bearer: BearerToken, cookie: AccessCookie, token: Token = None) -> Principal | None:
    """The signed-in caller, or None if the request has a playback token. Raises NotSignedIn."""
    return None if token else dependencies.principal(request, bearer, cookie)


Viewer = Annotated[Principal | None, Depends(_viewer)]

_ANSWERS = documented(401, 403, 404)
_REDIRECTS = {302: {"description": "To a presigned address."}, **documented(401, 403, 404, 422)}


@router.get("/master.m3u8", operation_id="get_multivariant_playlist", response_class=Playlist, responses=_ANSWERS)
def multivariant(id: UUID, viewer: Viewer, token: Token = None) -> Playlist:
    """HLS multivariant playlist. Gains renditions while the video is processed."""
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return Playlist(playback.multivariant_playlist(session, video))


@router.get("/storyboard.vtt", operation_id="get_storyboard", response_class=Vtt, responses=_ANSWERS)
def storyboard_vtt(id: UUID, viewer: Viewer, token: Token = None) -> Vtt:
    """Storyboard of a completed video: WebVTT whose cues are presigned image URLs with `#xywh=`."""
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return Vtt(playback.storyboard_vtt(session, video))


@router.get("/{rendition}.m3u8", operation_id="get_media_playlist", response_class=Playlist, responses=_ANSWERS)
def media(id: UUID, rendition: str, viewer: Viewer, token: Token = None, cmcd: Cmcd = None) -> Playlist:
    """HLS media playlist of a rendition with presigned segment URLs: `EVENT` while it grows, then `VOD`."""
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return Playlist(playback.media_playlist(session, video, rendition, redirected=cmcd is not None))


@router.get(
    "/{rendition}/iframes.m3u8", operation_id="get_hls_iframe_playlist", response_class=Playlist, responses=_ANSWERS
)
def keyframes(id: UUID, rendition: str, viewer: Viewer, token: Token = None) -> Playlist:
    """HLS I-frame playlist of a finished rendition: byte ranges of its segments, for winding through the video."""
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return Playlist(playback.keyframe_playlist(session, video, rendition))


@router.get(
    "/{rendition}/{place}.vtt",
    operation_id="get_hls_text_segment",
    response_class=Vtt,
    responses=documented(401, 403, 404, 422),
)
def text_segment(
    id: UUID, rendition: str, place: Annotated[int, Path(ge=0, le=1_000_000)], viewer: Viewer, token: Token = None
) -> Vtt:
    """Segment of a text track as WebVTT, by its index from 0. A cue that crosses its borders is in each segment."""
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return Vtt(playback.text_segment(session, video, rendition, place))


@dash_router.get("/manifest.mpd", operation_id="get_dash_manifest", response_class=Mpd, responses=_ANSWERS)
def dash_manifest(id: UUID, viewer: Viewer, token: Token = None) -> Mpd:
    """DASH manifest of a completed video, on the same segments as HLS."""
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return Mpd(playback.dash_manifest(session, video))


@dash_router.get(
    "/{rendition}.vtt",
    operation_id="get_dash_text",
    status_code=302,
    response_class=RedirectResponse,
    responses=_REDIRECTS,
)
def dash_text(id: UUID, rendition: str, viewer: Viewer, token: Token = None) -> RedirectResponse:
    """Text track as one WebVTT file."""
    return _to_segment(id, rendition, 0, viewer, token)


@dash_router.get(
    "/{rendition}/init.mp4",
    operation_id="get_dash_init_segment",
    status_code=302,
    response_class=RedirectResponse,
    responses=_REDIRECTS,
)
def dash_init_segment(id: UUID, rendition: str, viewer: Viewer, token: Token = None) -> RedirectResponse:
    """Initialization segment of a rendition."""
    return _to_segment(id, rendition, None, viewer, token)


@dash_router.get(
    "/{rendition}/{place}.m4s",
    operation_id="get_dash_segment",
    status_code=302,
    response_class=RedirectResponse,
    responses=_REDIRECTS,
)
def dash_segment(
    id: UUID, rendition: str, place: Annotated[int, Path(ge=0)], viewer: Viewer, token: Token = None
) -> RedirectResponse:
    """Media segment of a rendition, by its index from 0."""
    return _to_segment(id, rendition, place, viewer, token)


def _to_segment(
    id: UUID, rendition: str, place: int | None, viewer: Principal | None, token: str | None
) -> RedirectResponse:
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return RedirectResponse(playback.segment_url(session, video, rendition, place), status_code=302)
