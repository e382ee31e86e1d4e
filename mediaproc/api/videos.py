"""`/api/v1/videos`: the library."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field, model_validator

from mediaproc.api.dependencies import SignedIn
from mediaproc.api.middleware.head import is_head
from mediaproc.api.once import OnceOnly
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.domain.states import Priority, VideoStatus
from mediaproc.operations import cursors, plans, trash, videos
from mediaproc.operations.plans import OutlineView
from mediaproc.operations.videos import JobView, Order, VideoPage, VideoView

router = APIRouter(prefix="/videos", tags=["videos"])


class Change(BaseModel):
    """Request body: the fields to change."""

    title: str | None = Field(None, min_length=1, max_length=255)
    priority: Priority | None = Field(None, description="Priority of waiting and future jobs.")

    @model_validator(mode="after")
    def _name_something(self) -> Self:
        if self.title is None and self.priority is None:
            raise ValueError("name a title or a priority")
        return self


class Recipe(BaseModel):
    """Request body: the preset to process with."""

    preset: str = Field(max_length=64, examples=["web"])


class JobList(BaseModel):
    """All jobs of a video, newest first."""

    items: list[JobView]
    next_cursor: None = None


@router.get("", operation_id="list_videos", responses=documented(401, 403, 422))
def page(
    principal: SignedIn,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[
        str | None,
        Query(max_length=cursors.LONGEST, description="`next_cursor` of the previous page, with the same `sort`."),
    ] = None,
    status: Annotated[list[VideoStatus] | None, Query(description="Filter by status; may be repeated.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Text in the title or file name.")] = None,
    sort: Annotated[Order, Query(description="Field to sort by; descending with a leading minus.")] = Order.NEWEST,
) -> VideoPage:
    """List videos, newest first unless `sort` says otherwise."""
    with transaction() as session:
        return videos.page(session, principal, limit=limit, cursor=cursor, status=status, query=q, order=sort)


@router.get("/{id}", operation_id="get_video", responses=documented(401, 403, 404))
def show(id: UUID, principal: SignedIn) -> VideoView:
    """Get a video."""
    with transaction() as session:
        return videos.view(session, principal, id)


@router.patch("/{id}", operation_id="update_video", responses=documented(401, 403, 404, 422))
def change(id: UUID, body: Change, principal: SignedIn) -> VideoView:
    """Change a video's title or the priority of its jobs."""
    with transaction() as session:
        return videos.change(session, principal, id, title=body.title, priority=body.priority)


@router.delete("/{id}", operation_id="delete_video", status_code=204, responses=documented(401, 403, 404))
def delete(id: UUID, principal: SignedIn) -> None:
    """Delete a video with its files, and stop its jobs."""
    with transaction() as session:
        videos.delete(session, principal, id)


@router.post("/{id}/restore", operation_id="restore_video", responses=documented(401, 403, 404))
def restore(id: UUID, principal: SignedIn) -> VideoView:
    """Restore a video that was deleted in the web app in the last seven days. A job that was cancelled with it begins
    again.
    """
    with transaction() as session:
        return trash.restore(session, principal, id)


@router.post("/{id}/cancel", operation_id="cancel_video", status_code=202, responses=documented(401, 403, 404, 409))
def cancel(id: UUID, principal: SignedIn) -> VideoView:
    """Cancel the processing of a video. 409 if it is not being processed."""
    with transaction() as session:
        return videos.cancel(session, principal, id)


@router.post(
    "/{id}/retry",
    operation_id="retry_video",
    status_code=202,
    response_model=VideoView,
    responses=documented(401, 403, 404, 409, 422),
)
def retry(id: UUID, once: OnceOnly) -> JSONResponse:
    """Repeat a video's newest job if it failed or was cancelled. 409 in any other state."""
    return once.answer(lambda session: videos.retry(session, once.principal, id), status=202)


@router.post(
    "/{id}/reprocess",
    operation_id="reprocess_video",
    status_code=202,
    response_model=VideoView,
    responses=documented(401, 403, 404, 409, 422),
)
def reprocess(id: UUID, body: Recipe, once: OnceOnly) -> JSONResponse:
    """Process a video with another preset. The current output stays until the new one is complete; a completed video
    stays completed if the job fails or is cancelled, and `job` tells of that. 409 while it is processed.
    """
    return once.answer(lambda session: videos.reprocess(session, once.principal, id, preset=body.preset), status=202)


@router.get(
    "/{id}/download",
    operation_id="download_video",
    status_code=302,
    response_class=RedirectResponse,
    responses={302: {"description": "To a presigned address that saves under the right name."}}
    | documented(401, 403, 404, 409),
)
def download(
    id: UUID,
    request: Request,
    principal: SignedIn,
    rendition: Annotated[
        str | None,
        Query(
            max_length=64, description="Name of a rendition, or `source` for the uploaded file. Default: the best MP4."
        ),
    ] = None,
) -> RedirectResponse:
    """Download an MP4, or the source. HEAD redirects to a URL for HEAD."""
    with transaction() as session:
        url = videos.download_url(session, principal, id, rendition=rendition, head=is_head(request))
    return RedirectResponse(url, status_code=302)


@router.get("/{id}/jobs", operation_id="list_video_jobs", responses=documented(401, 403, 404))
def jobs(id: UUID, principal: SignedIn) -> JobList:
    """List the jobs of a video with their attempts: worker, times, outcome, error, FFmpeg command, end of the log."""
    with transaction() as session:
        return JobList(items=videos.jobs(session, principal, id))


@router.get("/{id}/plan", operation_id="get_video_plan", responses=documented(401, 403, 404, 409))
def plan(id: UUID, principal: SignedIn) -> OutlineView:
    """Get the processing plan of a video: rungs, chunks and every FFmpeg command. 409 until its source has been
    probed.
    """
    with transaction() as session:
        return plans.of_video(session, principal, id)
