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
from mediaproc.operations import cursors, plans, videos
from mediaproc.operations.plans import OutlineView
from mediaproc.operations.videos import JobView, Order, VideoPage, VideoView

router = APIRouter(prefix="/videos", tags=["videos"])


class Change(BaseModel):
    """What may be changed of a video: what is named."""

    title: str | None = Field(None, min_length=1, max_length=255)
    priority: Priority | None = Field(None, description="Of the work that waits, and of what comes later.")

    @model_validator(mode="after")
    def _name_something(self) -> Self:
        if self.title is None and self.priority is None:
            raise ValueError("name a title or a priority")
        return self


class Recipe(BaseModel):
    """Which preset to process with."""

    preset: str = Field(max_length=64, examples=["web"])


class JobList(BaseModel):
    """Every job of a video, the newest first."""

    items: list[JobView]
    next_cursor: None = None


@router.get("", responses=documented(401, 403, 422))
def page(
    principal: SignedIn,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[
        str | None,
        Query(max_length=cursors.LONGEST, description="`next_cursor` of the page before, in the same order."),
    ] = None,
    status: Annotated[list[VideoStatus] | None, Query(description="Only these states; may be repeated.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Stands in the title or file name.")] = None,
    sort: Annotated[Order, Query(description="By which field; with a minus the greatest first.")] = Order.NEWEST,
) -> VideoPage:
    """One's videos, the newest first unless `sort` says otherwise."""
    with transaction() as session:
        return videos.page(session, principal, limit=limit, cursor=cursor, status=status, query=q, order=sort)


@router.get("/{id}", responses=documented(401, 403, 404))
def show(id: UUID, principal: SignedIn) -> VideoView:
    """One video."""
    with transaction() as session:
        return videos.view(session, principal, id)


@router.patch("/{id}", responses=documented(401, 403, 404, 422))
def change(id: UUID, body: Change, principal: SignedIn) -> VideoView:
    """Give a video another title, or let its work go before or after others'."""
    with transaction() as session:
        return videos.change(session, principal, id, title=body.title, priority=body.priority)


@router.delete("/{id}", status_code=204, responses=documented(401, 403, 404))
def delete(id: UUID, principal: SignedIn) -> None:
    """Delete a video: its rows, its objects, and the work that is going on."""
    with transaction() as session:
        videos.delete(session, principal, id)


@router.post("/{id}/cancel", status_code=202, responses=documented(401, 403, 404, 409))
def cancel(id: UUID, principal: SignedIn) -> VideoView:
    """Stop the work on a video. 409 when none is going on."""
    with transaction() as session:
        return videos.cancel(session, principal, id)


@router.post("/{id}/retry", status_code=202, response_model=VideoView, responses=documented(401, 403, 404, 409, 422))
def retry(id: UUID, once: OnceOnly) -> JSONResponse:
    """Process a failed or cancelled video again. 409 otherwise."""
    return once.answer(lambda session: videos.retry(session, once.principal, id), status=202)


@router.post(
    "/{id}/reprocess", status_code=202, response_model=VideoView, responses=documented(401, 403, 404, 409, 422)
)
def reprocess(id: UUID, body: Recipe, once: OnceOnly) -> JSONResponse:
    """Process a video with another preset; what it has now stays until the new is whole. 409 while work goes on."""
    return once.answer(lambda session: videos.reprocess(session, once.principal, id, preset=body.preset), status=202)


@router.get(
    "/{id}/download",
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
        str | None, Query(max_length=64, description="Its name, or `source` for the uploaded file. Default: the best.")
    ] = None,
) -> RedirectResponse:
    """Download an MP4, or the uploaded file. HEAD leads to an address for HEAD."""
    with transaction() as session:
        url = videos.download_url(session, principal, id, rendition=rendition, head=is_head(request))
    return RedirectResponse(url, status_code=302)


@router.get("/{id}/jobs", responses=documented(401, 403, 404))
def jobs(id: UUID, principal: SignedIn) -> JobList:
    """Every job of a video with its attempts: worker, times, outcome, error, FFmpeg command, tail of its log."""
    with transaction() as session:
        return JobList(items=videos.jobs(session, principal, id))


@router.get("/{id}/plan", responses=documented(401, 403, 404, 409))
def plan(id: UUID, principal: SignedIn) -> OutlineView:
    """What is done with a video: rungs, chunks, every FFmpeg command. 409 until its source has been read."""
    with transaction() as session:
        return plans.of_video(session, principal, id)
