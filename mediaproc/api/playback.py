"""`/videos/{id}/hls/…`: the playlists, for the team and for whoever has the address that a video's `hls_url` is."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from mediaproc.api import caller
from mediaproc.api.caller import AccessCookie, BearerToken
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.media import manifest, storyboard
from mediaproc.operations import playback
from mediaproc.operations.scope import Principal

router = APIRouter(prefix="/videos/{id}/hls", tags=["playback"])

Token = Annotated[str | None, Query(max_length=1000, description="The token that `hls_url` carries.")]


class Playlist(Response):
    """An HLS playlist."""

    media_type = manifest.MIME_TYPE


class Vtt(Response):
    """A WebVTT file."""

    media_type = storyboard.VTT_MIME_TYPE


def _viewer(request: Request, bearer: BearerToken, cookie: AccessCookie, token: Token = None) -> Principal | None:
    """Who is signed in; nobody needs to be where there is a token. Raises NotSignedIn."""
    return None if token else caller.principal(request, bearer, cookie)


Viewer = Annotated[Principal | None, Depends(_viewer)]

_ANSWERS = documented(401, 403, 404)


@router.get("/master.m3u8", response_class=Playlist, responses=_ANSWERS)
def multivariant(id: UUID, viewer: Viewer, token: Token = None) -> Playlist:
    """The multivariant playlist. It grows with the renditions while the video is processed."""
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return Playlist(playback.multivariant_playlist(session, video))


@router.get("/storyboard.vtt", response_class=Vtt, responses=_ANSWERS)
def storyboard_vtt(id: UUID, viewer: Viewer, token: Token = None) -> Vtt:
    """The storyboard, once the video is completed: WebVTT whose cues are presigned pictures with `#xywh=`."""
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return Vtt(playback.storyboard_vtt(session, video))


@router.get("/{rendition}.m3u8", response_class=Playlist, responses=_ANSWERS)
def media(id: UUID, rendition: str, viewer: Viewer, token: Token = None) -> Playlist:
    """A rendition's playlist with presigned segments: `EVENT` while it grows, `VOD` at the end."""
    with transaction() as session:
        video = playback.open_video(session, id, principal=viewer, token=token)
        return Playlist(playback.media_playlist(session, video, rendition))
