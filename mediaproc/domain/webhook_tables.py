"""The tables of webhooks: where a team wants to be told, and each thing that was or will be told there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from mediaproc.domain.tables import EnumText, new_id, now
from mediaproc.domain.webhooks import DeliveryState, WebhookEvent

_UNFINISHED = text("state IN ('queued', 'sending')")


class Webhook(SQLModel, table=True):
    """An address that is told of events. Its secret is no column: `operations.webhooks.secrets` derives it.

    `secret_number` counts its secrets; the one before the newest is good until `old_secret_until`. `failing_since` is
    the first failure after the last success.
    """

    __table_args__ = (Index("ix_webhook_team_newest", "team_id", text("id DESC")),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    url: str = Field(max_length=2000)
    description: str = Field(default="", max_length=200)
    events: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    enabled: bool = True
    disabled_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    disabled_reason: str | None = Field(default=None, sa_column=Column(Text))
    failing_since: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    secret_number: int = 1
    old_secret_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))


class WebhookDelivery(SQLModel, table=True):
    """One event for one webhook, written together with what it tells of. Answer and error are those of the last try.

    `number` orders deliveries: it is drawn under the lock of the video's row, so it follows the video's own history
    whatever the clocks of hosts say. `attempt` fences, as that of a job does. `event_id` is the `webhook-id` that the
    receiver knows it by: the same at each try, and when it is sent again by hand as another delivery.
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
    event: WebhookEvent = Field(sa_column=Column(EnumText(WebhookEvent), nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    state: DeliveryState = Field(
        default=DeliveryState.QUEUED, sa_column=Column(EnumText(DeliveryState), nullable=False)
    )
    attempt: int = 0
    lease_expires_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    next_attempt_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    message_sent_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    attempted_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    response_status: int | None = None
    response_body: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    duration_seconds: float | None = None
    error: str | None = Field(default=None, sa_column=Column(Text))
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True), nullable=False))
