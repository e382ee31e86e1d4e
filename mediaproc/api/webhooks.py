"""`/api/v1/webhooks`: webhooks and their delivery log."""

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
from mediaproc.domain.tables import WebhookDelivery
from mediaproc.domain.webhooks import DeliveryState, WebhookEvent
from mediaproc.operations import webhooks
from mediaproc.operations.views import Time
from mediaproc.operations.webhooks import NewWebhook

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

ChosenCrf = Annotated[
    WebhookEvent, WithJsonSchema({"type": "string", "enum": [each.value for each in WebhookEvent if each.chosen]})
]
Events = Annotated[list[ChosenCrf], Field(min_length=1, max_length=20, description="Events to deliver.")]
Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://example.com/hooks/mediaproc"])]
Description = Annotated[str, Field(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=100, description="`next_cursor` of the previous page.")]


class WantedWebhook(BaseModel):
    """Request body: a webhook to create."""

    url: Url
    events: Events
    description: Description = ""


class ChangedWebhook(BaseModel):
    """Request body: the fields to change."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = Field(None, description="False drops waiting deliveries; true starts again with new events.")


class WebhookView(BaseModel):
    """A webhook, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    url: str
    description: str
    events: list[ChosenCrf]
    enabled: bool
    disabled_at: Time | None
    disabled_reason: str | None = Field(description="Reason why the webhook is disabled, if it is.")
    failing_since: Time | None = Field(description="Time of the first failure since the last success.")
    created_at: Time


class NewWebhookView(WebhookView):
    """A webhook with its secret."""

    secret: str = Field(description="Signing secret to verify deliveries with, `whsec_…`. Shown only once.")


class WebhookList(BaseModel):
    """A page of webhooks, newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[WebhookView]
    next_cursor: str | None = Field(description="Pass it as `cursor` to get the next page; null on the last page.")


class DeliveryView(BaseModel):
    """A delivery: one event for one webhook, with the last response."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    event_id: UUID = Field(description="The `webhook-id` header: the same on every attempt and resend.")
    event: WebhookEvent
    video_id: UUID | None
    status: DeliveryState = Field(validation_alias="state", description="`failed`: all attempts failed.")
    attempt_count: int = Field(validation_alias="attempt")
    created_at: Time
    attempted_at: Time | None
    next_attempt_at: Time | None
    request_body: str = Field(validation_alias="body")
    response_status: int | None
    response_body: str = Field(description="First 4 KiB of the response body.")
    duration_seconds: float | None
    error: str | None = Field(description="Reason if there was no response.")


class DeliveryList(BaseModel):
    """A page of deliveries, newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[DeliveryView]
    next_cursor: str | None = Field(description="Pass it as `cursor` to get the next page; null on the last page.")


@router.post("", operation_id="create_webhook", status_code=201, responses=documented(401, 403, 409, 422))
def create(body: WantedWebhook, principal: WebhookManager) -> NewWebhookView:
    """Create a webhook. Its URL must be public and HTTPS. 409 at 20 webhooks."""
    with transaction() as session:
        return _with_secret(webhooks.create(session, principal, **body.model_dump()))


@router.get("", operation_id="list_webhooks", responses=documented(401, 403, 422))
def page(principal: WebhookManager, limit: Limit = 50, cursor: Cursor = None) -> WebhookList:
    """List webhooks, newest first."""
    with transaction() as session:
        return WebhookList.model_validate(webhooks.page(session, principal, limit=limit, cursor=cursor))


@router.get("/{id}", operation_id="get_webhook", responses=documented(401, 403, 404))
def show(id: UUID, principal: WebhookManager) -> WebhookView:
    """Get a webhook."""
    with transaction() as session:
        return WebhookView.model_validate(webhooks.view(session, principal, id))


@router.patch("/{id}", operation_id="update_webhook", responses=documented(401, 403, 404, 422))
def change(id: UUID, body: ChangedWebhook, principal: WebhookManager) -> WebhookView:
    """Change a webhook's URL, events or state."""
    with transaction() as session:
        return WebhookView.model_validate(webhooks.change(session, principal, id, **body.model_dump()))


@router.delete("/{id}", operation_id="delete_webhook", status_code=204, responses=documented(401, 403, 404))
def delete(id: UUID, principal: WebhookManager) -> None:
    """Delete a webhook and its log. Waiting deliveries are dropped."""
    with transaction() as session:
        webhooks.delete(session, principal, id)


@router.post("/{id}/rotate-secret", operation_id="rotate_webhook_secret", responses=documented(401, 403, 404))
def rotate_secret(id: UUID, principal: WebhookManager) -> NewWebhookView:
    """Rotate the secret. For 24 hours, deliveries are signed with the old secret too."""
    with transaction() as session:
        return _with_secret(webhooks.rotate_secret(session, principal, id))


@router.get("/{id}/deliveries", operation_id="list_webhook_deliveries", responses=documented(401, 403, 404, 422))
def deliveries(id: UUID, principal: WebhookManager, limit: Limit = 50, cursor: Cursor = None) -> DeliveryList:
    """List deliveries, newest first. They are kept for 30 days."""
    with transaction() as session:
        found = webhooks.deliveries(session, principal, id, limit=limit, cursor=cursor)
        return DeliveryList.model_validate(found)


@router.post(
    "/{id}/deliveries/{delivery_id}/resend",
    operation_id="resend_webhook_delivery",
    status_code=202,
    response_model=DeliveryView,
    responses=documented(401, 403, 404, 409, 422),
)
def resend(id: UUID, delivery_id: UUID, once: OnceForWebhooks) -> JSONResponse:
    """Send a delivery again, as a new one with the same `webhook-id`. 409 while the webhook is disabled."""
    return once.answer(lambda session: _view(webhooks.resend(session, once.principal, id, delivery_id)), status=202)


@router.post(
    "/{id}/test",
    operation_id="test_webhook",
    status_code=202,
    response_model=DeliveryView,
    responses=documented(401, 403, 404, 409, 422),
)
def test(id: UUID, once: OnceForWebhooks) -> JSONResponse:
    """Send a `webhook.test` event, with a single attempt. 409 while the webhook is disabled."""
    return once.answer(lambda session: _view(webhooks.test(session, once.principal, id)), status=202)


def _view(row: WebhookDelivery) -> DeliveryView:
    return DeliveryView.model_validate(row)


def _with_secret(new: NewWebhook) -> NewWebhookView:
    return NewWebhookView.model_validate({**new.row.model_dump(), "secret": new.secret})
