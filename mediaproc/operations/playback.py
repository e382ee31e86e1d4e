"""Playback: HLS and DASH whose every address works in a plain player, without making the bucket public.

The multivariant playlist is reached with a token for this one video; it hands the token on to the media
playlists, and those name segments by presigned addresses. Both last longer than it takes to see the whole video.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from sqlmodel import Session, col, select

from mediaproc.domain.errors import Detail, NotFound
from mediaproc.domain.states import RenditionKind
from mediaproc.domain.tables import Rendition, Segment, Video
from mediaproc.media import dash, hls, layout, segment_edges, storyboard, target_duration
from mediaproc.media.dash import Representation, TextRepresentation
from mediaproc.media.hls import AudioRendition, MediaSegment, TextRendition, Variant
from mediaproc.media.mp4 import boxes, sample_entry
from mediaproc.media.mp4.sample_entry import SampleEntry
from mediaproc.media.probe import MediaInfo
from mediaproc.media.tracks import Label
from mediaproc.operations import current_output, keyframe_streams, scope, text_tracks, tokens
from mediaproc.operations.jobs import output_cleanup, outputs
from mediaproc.operations.scope import Principal
from mediaproc.settings import settings
from mediaproc.storage import keys, objects, presign

_HOUR = 3600

_HEAD_BYTES = 16 * 1024
"""An init segment, or the part of a segment that says when it begins; both are much smaller."""


def hls_url(video: Video) -> str:
    """Playlist URL for any player: absolute, with a token, stable for an hour."""
    return _address(video, "hls/master.m3u8")


def dash_url(video: Video) -> str:
    """The DASH manifest, in the same manner."""
    return _address(video, "dash/manifest.mpd")


def storyboard_url(video: Video) -> str:
    """The WebVTT of its storyboard, in the same manner."""
    return _address(video, "hls/storyboard.vtt")


def open_video(session: Session, id: UUID, *, principal: Principal | None, token: str | None) -> Video:
    """The video to play, for its team or for whoever has a token for it. Raises NotFound."""
    if principal is not None:
        return scope.find(session, principal, Video, id)
    tokens.check_playback(token or "", id)
    video = session.get(Video, id)
    if video is None or video.deleted_at is not None:
        raise NotFound
    return video


def multivariant_playlist(session: Session, video: Video) -> str:
    """The top playlist, with the renditions that have segments. Raises NotFound before there are any."""
    found = _shown(session, video)
    videos = current_output.playing([each for each in found if each.kind is RenditionKind.VIDEO])
    audio = [each for each in found if each.kind is RenditionKind.AUDIO]
    if not videos and not audio:
        raise NotFound(Detail.NOT_PLAYABLE_YET)
    token = _token(video)
    return hls.multivariant_playlist(
        [_variant(each, token) for each in videos],
        audio=[_audio(each, token) for each in audio],
        subtitles=[
            TextRendition(_uri(each, token), each.label) for each in found if each.kind is RenditionKind.SUBTITLES
        ],
        keyframes=keyframe_streams.of(session, videos, query=f"?token={token}"),
    )


def media_playlist(session: Session, video: Video, name: str, *, redirected: bool = False) -> str:
    """The playlist of one rendition: growing while it is made, whole at the end. Raises NotFound.

    `redirected`: with addresses that take more query parameters and redirect to the presigned ones.
    """
    found = _shown(session, video)
    rendition = next((each for each in found if each.name == name), None)
    if rendition is None:
        raise NotFound
    seconds = _life_seconds(video)
    if rendition.kind is RenditionKind.SUBTITLES:
        return _text_playlist(session, video, found, rendition)
    pieces = _pieces(session, rendition, seconds=seconds)
    init_uri = presign.stable_get(rendition.init_key, seconds=seconds) if rendition.init_key else None
    if redirected:
        pieces = [replace(each, uri=_redirect(video, name, f"{n}.m4s")) for n, each in enumerate(pieces)]
        init_uri = init_uri and _redirect(video, name, "init.mp4")
    return hls.media_playlist(
        pieces if rendition.finished else hls.up_to(pieces, _common_end(session, found)),
        init_uri=init_uri,
        finished=rendition.finished,
        target_seconds=_target_seconds(session, video, found, rendition),
    )


def keyframe_playlist(session: Session, video: Video, name: str) -> str:
    """The I-frame playlist of a finished rendition. Raises NotFound for audio, text, and renditions of older videos."""
    rendition = _rendition(session, video, name)
    seconds = _life_seconds(video)
    pieces = _pieces(session, rendition, seconds=seconds)
    if not (rendition.finished and pieces and all(each.keyframe_bytes for each in pieces)):
        raise NotFound
    init_uri = presign.stable_get(rendition.init_key, seconds=seconds)
    target = _target_seconds(session, video, _shown(session, video), rendition)
    return hls.keyframe_playlist(pieces, init_uri=init_uri, target_seconds=target)


def text_segment(session: Session, video: Video, name: str, place: int) -> str:
    """A segment of a text track as WebVTT, by its place from 0. Raises NotFound, StorageFailed."""
    rendition = _rendition(session, video, name)
    whole = outputs.segments_of(session, rendition)
    if rendition.kind is not RenditionKind.SUBTITLES or not whole:
        raise NotFound
    length = _segment_seconds(session, video)
    return text_tracks.segment_text(whole[0].object_key, place, segment_seconds=length)


def _text_playlist(session: Session, video: Video, found: Sequence[Rendition], rendition: Rendition) -> str:
    """The playlist of a text track, whole at once, with the target duration of what plays beside it."""
    stored = sum(row.duration_seconds for row in outputs.segments_of(session, rendition))
    length = _segment_seconds(session, video)
    pieces = text_tracks.segments(
        video, rendition, stored_seconds=stored, segment_seconds=length, query=f"?token={_token(video)}"
    )
    beside = next((each for each in found if each.kind is not RenditionKind.SUBTITLES), rendition)
    target = _target_seconds(session, video, found, beside)
    return hls.media_playlist(pieces, init_uri=None, finished=True, target_seconds=target)


def _segment_seconds(session: Session, video: Video) -> int:
    preset = current_output.preset_of(session, video)
    return preset.segment_seconds if preset else segment_edges.SEGMENT_SECONDS


def _rendition(session: Session, video: Video, name: str) -> Rendition:
    """A streamed rendition by its name. Raises NotFound."""
    found = next((each for each in _shown(session, video) if each.name == name), None)
    if found is None:
        raise NotFound
    return found


def _target_seconds(session: Session, video: Video, found: Sequence[Rendition], rendition: Rendition) -> int:
    """Return EXT-X-TARGETDURATION, the same for the video and audio that play together.

    Only a segment that is longer than the source's index said raises it.
    """
    preset = current_output.preset_of(session, video)
    if rendition.kind is RenditionKind.SUBTITLES or preset is None or video.media_info is None:
        return 1
    pictures = current_output.playing([each for each in found if each.kind is RenditionKind.VIDEO])
    together = [*pictures, *(each for each in found if each.kind is RenditionKind.AUDIO)]
    if rendition not in together:
        together = [rendition]
    target = target_duration.target_seconds(
        MediaInfo.from_json(video.media_info), preset, instant=any(each.name == layout.INSTANT for each in together)
    )
    return max(target, target_duration.rounded(outputs.longest_segment_seconds(session, together)))


def dash_manifest(session: Session, video: Video) -> str:
    """The DASH manifest of a video that is whole. Raises NotFound before: it can't grow."""
    shown = current_output.sizes(_shown(session, video))
    renditions = [each for each in shown if each.kind is not RenditionKind.SUBTITLES]
    if not renditions or not all(each.finished for each in renditions):
        raise NotFound(Detail.DASH_NOT_READY)
    token, texts = _token(video), [each for each in shown if each.kind is RenditionKind.SUBTITLES and each.finished]
    return dash.mpd(
        [_representation(session, each, token) for each in renditions],
        texts=[_text_representation(session, each, token) for each in texts],
    )


def segment_url(session: Session, video: Video, name: str, place: int | None) -> str:
    """The presigned address of a rendition's segment by its place from 0, or of its init segment. Raises NotFound.

    The only stored segment of a text track is the whole of it.
    """
    rendition = _rendition(session, video, name)
    key: str | None = rendition.init_key
    if place is not None:
        keys_of = select(Segment.object_key).where(Segment.rendition_id == rendition.id).order_by(col(Segment.number))
        key = session.exec(keys_of.offset(place).limit(1)).one_or_none()
    if not key:
        raise NotFound
    return presign.stable_get(key, seconds=_life_seconds(video))


def storyboard_vtt(session: Session, video: Video) -> str:
    """WebVTT that maps times to tiles of presigned sheets. Raises NotFound."""
    found = current_output.storyboards(session, [video]).get(video.id)
    if found is None:
        raise NotFound
    seconds = _life_seconds(video)
    board = storyboard.Storyboard(
        tile_width=found.tile_width,
        tile_height=found.tile_height,
        columns=found.columns,
        rows=found.rows,
        starts_seconds=tuple(found.starts_seconds),
    )
    sheets = [keys.storyboard_sheet(video.id, found.attempt, number) for number in range(board.sheets)]
    addresses = [presign.stable_get(key, seconds=seconds) for key in sheets]
    return storyboard.vtt(board, addresses, end_seconds=video.duration_seconds or 0.0)


def _shown(session: Session, video: Video) -> Sequence[Rendition]:
    if not video.playable:
        return []
    return current_output.streamed(current_output.renditions(session, [video]).get(video.id, []))


def _pieces(session: Session, rendition: Rendition, *, seconds: int) -> list[MediaSegment]:
    """A rendition's segments by presigned addresses that last so long."""
    return [
        MediaSegment(
            uri=presign.stable_get(row.object_key, seconds=seconds),
            duration_seconds=row.duration_seconds,
            keyframe_bytes=row.keyframe_bytes or 0,
        )
        for row in _segments(session, rendition)
    ]


def _segments(session: Session, rendition: Rendition) -> Sequence[Segment]:
    return _unbroken(outputs.segments_of(session, rendition))


def _common_end(session: Session, found: Sequence[Rendition]) -> float:
    """Return the time in seconds up to which every played video is complete; infinite if none of them grows.

    Growing playlists end together: where video is missing, a browser goes on with the audio alone for seconds.
    """
    videos = [each for each in found if each.kind is RenditionKind.VIDEO]
    growing = [each for each in current_output.playing(videos) if not each.finished]
    ends = [sum(row.duration_seconds for row in _segments(session, each)) for each in growing]
    return min(ends, default=math.inf)


def _representation(session: Session, rendition: Rendition, token: str) -> Representation:
    segments = _segments(session, rendition)
    head = _head(rendition.init_key)
    return Representation(
        id=rendition.name,
        codecs=rendition.codecs,
        bandwidth_bps=rendition.peak_bitrate_bps,
        init_uri=f"{rendition.name}/init.mp4?token={token}",
        media_uri=f"{rendition.name}/$Number$.m4s?token={token}",
        durations=[row.duration_seconds for row in segments],
        start_seconds=_start_seconds(rendition.init_key, segments[0].object_key) if segments else 0.0,
        width=head.width or rendition.width,
        height=head.height or rendition.height,
        frame_rate=rendition.frame_rate,
        channels=rendition.channels,
        video_range=rendition.video_range,
        sample_aspect=head.sample_aspect,
        sample_rate_hz=head.sample_rate_hz,
        label=_audio_label(rendition) if rendition.kind is RenditionKind.AUDIO else None,
    )


def _text_representation(session: Session, rendition: Rendition, token: str) -> TextRepresentation:
    seconds = sum(row.duration_seconds for row in outputs.segments_of(session, rendition))
    bandwidth = math.ceil(rendition.size_bytes * 8 / max(1.0, seconds))
    return TextRepresentation(rendition.name, f"{rendition.name}.vtt?token={token}", bandwidth, rendition.label)


@lru_cache(maxsize=10_000)
def _head(init_key: str) -> SampleEntry:
    """The description of a rendition's samples. Objects never change. Raises StorageFailed."""
    return sample_entry.of_init_segment(objects.get_range(init_key, 0, _HEAD_BYTES))


@lru_cache(maxsize=10_000)
def _start_seconds(init_key: str, segment_key: str) -> float:
    """When the first frame of a segment is decoded, as it says itself. Objects never change. Raises StorageFailed."""
    return boxes.decode_time_of(objects.get_range(segment_key, 0, _HEAD_BYTES)) / _head(init_key).timescale


def _unbroken(rows: Sequence[Segment]) -> Sequence[Segment]:
    """The segments from 0 on without a gap: a growing playlist may only be added to at its end."""
    found: list[Segment] = []
    for row in rows:
        if row.number != (found[-1].number + found[-1].span if found else 0):
            break
        found.append(row)
    return found


def _variant(rendition: Rendition, token: str) -> Variant:
    return Variant(
        uri=_uri(rendition, token),
        width=rendition.width,
        height=rendition.height,
        frame_rate=rendition.frame_rate,
        codecs=rendition.codecs,
        bitrate_bps=rendition.bitrate_bps,
        peak_bitrate_bps=rendition.peak_bitrate_bps,
        video_range=rendition.video_range,
    )


def _audio(rendition: Rendition, token: str) -> AudioRendition:
    return AudioRendition(
        uri=_uri(rendition, token),
        codecs=rendition.codecs,
        bitrate_bps=rendition.bitrate_bps,
        peak_bitrate_bps=rendition.peak_bitrate_bps,
        channels=rendition.channels,
        label=_audio_label(rendition),
    )


def _audio_label(rendition: Rendition) -> Label:
    """The label of audio; a video's only audio of older videos has none."""
    return rendition.label if rendition.title else replace(hls.ONLY_AUDIO, language=rendition.language)


def _address(video: Video, path: str) -> str:
    base = settings().public_url.rstrip("/")
    return f"{base}/api/v1/videos/{video.id}/{path}?token={_token(video)}"


def _uri(rendition: Rendition, token: str) -> str:
    return f"{rendition.name}.m3u8?token={token}"


def _redirect(video: Video, name: str, piece: str) -> str:
    """Address of a segment, relative to the media playlists: DASH has routes that redirect to the presigned one."""
    return f"../dash/{name}/{piece}?token={_token(video)}"


def _token(video: Video) -> str:
    hour = int(time.time()) // _HOUR * _HOUR
    return _token_until(video.id, hour + _HOUR + _life_seconds(video))


@lru_cache(maxsize=10_000)
def _token_until(video_id: UUID, expires_at: int) -> str:
    """A page of a list asks for many of them, each time the same for an hour."""
    return tokens.playback(video_id, expires_at=expires_at)


def _life_seconds(video: Video) -> int:
    """Six hours, or four times the video for pauses, in whole hours so that addresses stay the same."""
    wanted = max(output_cleanup.SHORTEST_PLAYBACK_SECONDS, 4 * (video.duration_seconds or 0))
    return min(math.ceil(wanted / _HOUR) * _HOUR, presign.LONGEST_SECONDS - presign.STABLE_SECONDS)
