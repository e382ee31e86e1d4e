"""Processing plan of a video, with the chunks of its newest job."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel import Session

from mediaproc.domain.errors import Conflict, Detail
from mediaproc.domain.states import JobKind
from mediaproc.domain.tables import Job, Video
from mediaproc.media import plan, refusals
from mediaproc.media.chunks import Chunk, chunks_for
from mediaproc.media.presets import PRESETS, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.operations import tenancy
from mediaproc.operations.jobs import children, rendition_reuse, requests
from mediaproc.operations.tenancy import Principal
from mediaproc.settings import settings


class PlannedRung(BaseModel):
    """One picture size to make; `crf` is 0 and `level` empty where the source's own picture is kept."""

    name: str
    width: int
    height: int
    frame_rate: float
    crf: int
    max_bitrate_bps: int
    level: str
    vmaf: float | None = Field(
        None, description="What samples had with this CRF, where it was found for a target_vmaf."
    )


class PlannedChunk(BaseModel):
    """A part of the source that one job encodes. The last one has no end."""

    number: int
    start_seconds: float
    end_seconds: float | None
    length_seconds: float
    first_segment: int
    segments: int | None


class PlannedStep(BaseModel):
    """One command, to be pasted into a shell."""

    name: str = Field(examples=["Chunk 1"])
    command: str = Field(description="The address of the source stands in it as $SOURCE.")
    note: str


class OutlineView(BaseModel):
    """Processing plan of a video, in order."""

    preset: str
    preset_version: int
    duration_seconds: float
    width: int
    height: int
    frame_rate: float
    video_codec: str
    audio_codec: str | None
    rungs: list[PlannedRung]
    chunks: list[PlannedChunk] = Field(
        description="One where the video is encoded in one piece; none where no picture has to be encoded."
    )
    steps: list[PlannedStep]
    reused: list[str] = Field(
        default_factory=list,
        description="The rungs and sounds that are used again: made before of the same file, in the same way.",
    )


def of_video(session: Session, principal: Principal, id: UUID) -> OutlineView:
    """The outline of one video. Raises NotFound, and Conflict before its source was read."""
    video = tenancy.find(session, principal, Video, id)
    job = requests.newest(session, video_id=video.id)
    if video.media_info is None or job is None:
        raise Conflict(Detail.SOURCE_NOT_READ)
    preset = _recipe(job)
    if preset is None:
        raise Conflict(Detail.PRESET_UNKNOWN.format(name=job.preset))
    info, parts = MediaInfo.from_json(video.media_info), children.parts_of_output(session, job.id, job.attempt)
    if (obstacle := plan.obstacle(info, preset, ())) is not None:
        raise Conflict(Detail.NO_PLAN.format(reason=obstacle))
    try:
        made = plan.plan_of(
            info,
            source=plan.NAMELESS,
            preset=preset,
            chunks=_chunks(parts, info, preset) if preset.rungs else [],
            threads=settings().threads_per_encode,
            instant=any(each.kind is JobKind.REMUX for each in parts),
            measured=settings().measure_vmaf,
            reused=rendition_reuse.reused_names(session, job),
        )
    except refusals.Refused as refused:
        raise Conflict(Detail.NO_PLAN.format(reason=refused)) from refused
    return OutlineView.model_validate(made.to_json())


def unfit_presets(session: Session, principal: Principal, id: UUID, wanted: Sequence[Preset]) -> dict[str, str]:
    """Names of the presets that would fail on a video, each with the reason; none before its source is read.

    Raises NotFound.
    """
    video = tenancy.find(session, principal, Video, id)
    if video.media_info is None:
        return {}
    info = MediaInfo.from_json(video.media_info)
    reasons = {preset.name: plan.unfit(info, preset) for preset in wanted}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _recipe(job: Job) -> Preset | None:
    return Preset.from_json(job.recipe) if job.recipe is not None else PRESETS.get(job.preset)


def _chunks(parts: Sequence[Job], info: MediaInfo, preset: Preset) -> Sequence[Chunk]:
    """Chunks of the video, or all of it as one."""
    return children.chunks_of(parts, segment_seconds=preset.segment_seconds) or chunks_for(info, preset, [])
