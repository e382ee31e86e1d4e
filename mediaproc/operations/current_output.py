"""Current output of videos: renditions and storyboards, for many videos in one query."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, select

from mediaproc.domain.states import RenditionKind
from mediaproc.domain.tables import Attempt, Job, Rendition, Storyboard, Video
from mediaproc.media import layout
from mediaproc.media.presets import PRESETS, Preset


def newest_jobs(session: Session, videos: Sequence[Video]) -> dict[UUID, Job]:
    """Return the newest whole job of each video; parts of jobs don't count."""
    query = select(Job).where(col(Job.video_id).in_([video.id for video in videos]), col(Job.parent_id).is_(None))
    newest = query.ext(distinct_on(col(Job.video_id))).order_by(col(Job.video_id), col(Job.id).desc())
    return {job.video_id: job for job in session.exec(newest)}


def playing(videos: Sequence[Rendition]) -> list[Rendition]:
    """Renditions that are played: the rungs, or until they are complete, the ones that are complete at once.

    Those are the source's own video or reused rungs. Beside incomplete rungs, players would switch to a rung that ends
    at the encoder's position.
    """
    rungs = sizes(videos)
    at_once = [each for each in videos if each.name == layout.INSTANT or each.reused]
    return at_once if at_once and not (rungs and all(each.finished for each in rungs)) else rungs


def sizes(videos: Sequence[Rendition]) -> list[Rendition]:
    """Return the rungs of a video, without the instant rung that is played until they are complete."""
    return [each for each in videos if each.name != layout.INSTANT]


def own(found: Sequence[Rendition]) -> list[Rendition]:
    """Return the videos and files of an output, without audio and text tracks. See `sizes` and `playing`."""
    return [each for each in found if each.height > 0 or each.mp4_key is not None]


def streamed(found: Sequence[Rendition]) -> list[Rendition]:
    """Renditions that players stream, not files: largest first, then in menu order."""
    found = [each for each in found if each.init_key or each.kind is RenditionKind.SUBTITLES]
    return sorted(found, key=lambda each: (-each.height, len(each.name), each.name))  # 10 comes after 2


def tracks(found: Sequence[Rendition]) -> list[Rendition]:
    """Return the audio tracks, then the subtitles, that play with the video of an output."""
    beside = streamed(found)
    return [each for kind in (RenditionKind.AUDIO, RenditionKind.SUBTITLES) for each in beside if each.kind is kind]


def preset_of(session: Session, video: Video) -> Preset | None:
    """Return the preset of a video's current output, as it was then; None if there is no output."""
    made = (
        select(Job)
        .join(Attempt)
        .where(
            col(Job.video_id) == video.id,
            col(Job.parent_id).is_(None),
            col(Attempt.number) == video.output_attempt,
        )
    )
    job = session.exec(made.limit(1)).first()
    if job is None:
        return None
    return Preset.from_json(job.recipe) if job.recipe is not None else PRESETS.get(job.preset)


def renditions(session: Session, videos: Sequence[Video]) -> dict[UUID, list[Rendition]]:
    """Return all renditions of each video's current output, the largest first. See `own`, `streamed` and `tracks`."""
    outputs = [(video.id, video.output_attempt) for video in videos if video.output_attempt is not None]
    if not outputs:
        return {}
    query = select(Rendition).where(tuple_(col(Rendition.video_id), col(Rendition.attempt)).in_(outputs))
    found: dict[UUID, list[Rendition]] = {}
    for rendition in session.exec(query.order_by(col(Rendition.height).desc(), col(Rendition.id))):
        found.setdefault(rendition.video_id, []).append(rendition)
    return found


def storyboards(session: Session, videos: Sequence[Video]) -> dict[UUID, Storyboard]:
    """Return the storyboard of each video's current output."""
    outputs = [(video.id, video.output_attempt) for video in videos if video.output_attempt is not None]
    if not outputs:
        return {}
    query = select(Storyboard).where(tuple_(col(Storyboard.video_id), col(Storyboard.attempt)).in_(outputs))
    return {found.video_id: found for found in session.exec(query)}
