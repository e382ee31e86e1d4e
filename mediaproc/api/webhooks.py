"""`/api/v1/webhooks`: who is told what, and the log of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from mediaproc.api.dependencies import WebhookManager
from mediaproc.api.once import OnceForWebhooks
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.domain.webhook_tables import WebhookDelivery
from mediaproc.domain.webhooks import DeliveryState, WebhookEvent
from mediaproc.operations import webhooks
from mediaproc.operations.views import Time
from mediaproc.operations.webhooks import NewWebhook

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

Chosen = Annotated[
    WebhookEvent, WithJsonSchema({"type": "string", "enum": [each.value for each in WebhookEvent if each.chosen]})
]
Events = Annotated[list[Chosen], Field(min_length=1, max_length=20, description="What it is told.")]
Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://example.com/hooks/mediaproc"])]
Description = Annotated[str, Field(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before.")]


class WantedWebhook(BaseModel):
    """A webhook to add."""

    url: Url
    events: Events
    description: Description = ""


class ChangedWebhook(BaseModel):
    """What is to be changed; the rest stays."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = Field(None, description="Switched off it gives up what waits, switched on it begins afresh.")


class WebhookView(BaseModel):
    """A webhook, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    url: str
    description: str
    events: list[Chosen]
    enabled: bool
    disabled_at: Time | None
    disabled_reason: str | None = Field(description="Why nothing is sent, if it is switched off.")
    failing_since: Time | None = Field(description="The first failure after the last success.")
    created_at: Time


class NewWebhookView(WebhookView):
    """A webhook with its secret."""

    secret: str = Field(description="What to verify deliveries with: `whsec_…`. It is shown this once.")


class WebhookList(BaseModel):
    """Some webhooks, the newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[WebhookView]
    next_cursor: str | None = Field(description="Give it as `cursor` to go on; null at the end.")


class DeliveryView(BaseModel):
    """One event for one webhook, with what was answered last."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    event_id: UUID = Field(description="The header `webhook-id`: the same at each try, and when it is sent again.")
    event: WebhookEvent
    video_id: UUID | None
    status: DeliveryState = Field(validation_alias="state", description="`failed` is given up.")
    attempt_count: int = Field(validation_alias="attempt")
    created_at: Time
    attempted_at: Time | None
    next_attempt_at: Time | None
    request_body: str = Field(validation_alias="body")
    response_status: int | None
    response_body: str = Field(description="At most its first 4 KiB.")
    duration_seconds: float | None
    error: str | None = Field(description="Why there was no answer, in words.")


class DeliveryList(BaseModel):
    """Some deliveries, the newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[DeliveryView]
    next_cursor: str | None = Field(description="Give it as `cursor` to go on; null at the end.")


@router.post("", status_code=201, responses=documented(401, 403, 409, 422))
def create(body: WantedWebhook, principal: WebhookManager) -> NewWebhookView:
    """Add a webhook. 409 when there are 20 already. Its address must be public, and HTTPS."""
    with transaction() as session:
        return _with_secret(webhooks.create(session, principal, **body.model_dump()))


@router.get("", responses=documented(401, 403, 422))
def page(principal: WebhookManager, limit: Limit = 50, cursor: Cursor = None) -> WebhookList:
    """One's webhooks, the newest first."""
    with transaction() as session:
        return WebhookList.model_validate(webhooks.page(session, principal, limit=limit, cursor=cursor))


@router.get("/{id}", responses=documented(401, 403, 404))
def show(id: UUID, principal: WebhookManager) -> WebhookView:
    """One webhook."""
    with transaction() as session:
        return WebhookView.model_validate(webhooks.view(session, principal, id))


@router.patch("/{id}", responses=documented(401, 403, 404, 422))
def change(id: UUID, body: ChangedWebhook, principal: WebhookManager) -> WebhookView:
    """Change where it leads and what it is told, switch it off or on."""
    with transaction() as session:
        return WebhookView.model_validate(webhooks.change(session, principal, id, **body.model_dump()))


@router.delete("/{id}", status_code=204, responses=documented(401, 403, 404))
def delete(id: UUID, principal: WebhookManager) -> None:
    """Delete a webhook with its log. What waits is not sent."""
    with transaction() as session:
        webhooks.delete(session, principal, id)


@router.post("/{id}/rotate-secret", responses=documented(401, 403, 404))
def rotate_secret(id: UUID, principal: WebhookManager) -> NewWebhookView:
    """Make a new secret. For 24 hours deliveries carry a signature by the old one too."""
    with transaction() as session:
        return _with_secret(webhooks.rotate_secret(session, principal, id))


@router.get("/{id}/deliveries", responses=documented(401, 403, 404, 422))
def deliveries(id: UUID, principal: WebhookManager, limit: Limit = 50, cursor: Cursor = None) -> DeliveryList:
    """What it was or will be told, the newest first; kept for 30 days."""
    with transaction() as session:
        found = webhooks.deliveries(session, principal, id, limit=limit, cursor=cursor)
        return DeliveryList.model_validate(found)


@router.post(
    "/{id}/deliveries/{delivery_id}/resend",
    status_code=202,
    response_model=DeliveryView,
    responses=documented(401, 403, 404, 409, 422),
)
def resend(id: UUID, delivery_id: UUID, once: OnceForWebhooks) -> JSONResponse:
    """Tell it again, as a new delivery under the same `webhook-id`. 409 while the webhook is switched off."""
    return once.answer(lambda session: _view(webhooks.resend(session, once.principal, id, delivery_id)), status=202)


@router.post("/{id}/test", status_code=202, response_model=DeliveryView, responses=documented(401, 403, 404, 409, 422))
def test(id: UUID, once: OnceForWebhooks) -> JSONResponse:
    """Send a `webhook.test`, which is tried once. 409 while the webhook is switched off."""
    return once.answer(lambda session: _view(webhooks.test(session, once.principal, id)), status=202)


def _view(row: WebhookDelivery) -> DeliveryView:
    return DeliveryView.model_validate(row)


def _with_secret(new: NewWebhook) -> NewWebhookView:
    return NewWebhookView.model_validate({**new.row.model_dump(), "secret": new.secret})
