"""Tables of webhooks: a team's endpoints and the deliveries to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from mediaproc.domain.tables.columns import created_at_field, enum_column, new_id, time_column
from mediaproc.domain.webhooks import DeliveryState, WebhookEvent

_UNFINISHED = text("state IN ('queued', 'sending')")


class Webhook(SQLModel, table=True):
    """An endpoint that receives events. Its secret is not stored: `operations.webhooks.secrets` derives it.

    `secret_number` counts its secrets; the previous one stays valid until `old_secret_until`. `failing_since` is the
    time of the first failure after the last success.
    """

    __table_args__ = (Index("ix_webhook_team_newest", "team_id", text("id DESC")),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    url: str = Field(max_length=2000)
    description: str = Field(default="", max_length=200)
    events: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    enabled: bool = True
    disabled_at: datetime | None = Field(default=None, sa_column=time_column())
    disabled_reason: str | None = Field(default=None, sa_column=Column(Text))
    failing_since: datetime | None = Field(default=None, sa_column=time_column())
    secret_number: int = 1
    old_secret_until: datetime | None = Field(default=None, sa_column=time_column())
    created_at: datetime = created_at_field()


class WebhookDelivery(SQLModel, table=True):
    """One event for one webhook, written in the transaction of the change. Response and error are of the last try.

    `number` orders deliveries: it is drawn under the lock of the video's row, so it follows the video's history
    whatever the hosts' clocks say. `attempt` fences, as a job's does. `event_id` is the `webhook-id` that the receiver
    sees: the same at each try, and when the delivery is resent by hand.
    """

    __tablename__ = "webhook_delivery"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_webhook_delivery_newest", "webhook_id", text("id DESC")),
        Index("ix_webhook_delivery_unfinished", "webhook_id", "number", postgresql_where=_UNFINISHED),
        Index("ix_webhook_delivery_created", "created_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    team_id: UUID = Field(foreign_key="team.id", index=True, ondelete="CASCADE")
    webhook_id: UUID = Field(foreign_key="webhook.id", ondelete="CASCADE")
    video_id: UUID | None = None
    event_id: UUID
    event: WebhookEvent = Field(sa_column=enum_column(WebhookEvent))
    body: str = Field(sa_column=Column(Text, nullable=False))
    state: DeliveryState = Field(default=DeliveryState.QUEUED, sa_column=enum_column(DeliveryState))
    attempt: int = 0
    lease_expires_at: datetime | None = Field(default=None, sa_column=time_column())
    next_attempt_at: datetime | None = Field(default=None, sa_column=time_column())
    message_sent_at: datetime | None = Field(default=None, sa_column=time_column())
    attempted_at: datetime | None = Field(default=None, sa_column=time_column())
    response_status: int | None = None
    response_body: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    duration_seconds: float | None = None
    error: str | None = Field(default=None, sa_column=Column(Text))
    created_at: datetime = created_at_field()
