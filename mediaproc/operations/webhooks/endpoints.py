"""A team's webhooks: add one, look at them, change, switch off and on, delete."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from uuid import UUID

import httpx
from sqlalchemy import func
from sqlmodel import Session, col, select

from mediaproc.domain import webhook_targets
from mediaproc.domain.errors import Conflict, Detail, Invalid
from mediaproc.domain.tables import Webhook, now
from mediaproc.domain.webhooks import WebhookEvent
from mediaproc.operations import cursors, tenancy
from mediaproc.operations.cursors import Page
from mediaproc.operations.tenancy import Principal
from mediaproc.operations.webhooks import dispatch, secrets
from mediaproc.settings import settings

MOST_WEBHOOKS = 20
LONGEST_URL = 2000
LONGEST_DESCRIPTION = 200


@dataclass(frozen=True)
class NewWebhook:
    """A webhook with its secret, which is shown when it is new and not again."""

    row: Webhook
    secret: str


def create(
    session: Session, principal: Principal, *, url: str, events: Collection[WebhookEvent], description: str = ""
) -> NewWebhook:
    """Add a webhook. Raises Invalid, and Conflict when there are too many."""
    _check(url=url, events=events, description=description)
    if session.exec(select(func.count()).where(col(Webhook.team_id) == principal.team_id)).one() >= MOST_WEBHOOKS:
        raise Conflict(Detail.WEBHOOKS_AT_MOST.format(most=MOST_WEBHOOKS))
    row = Webhook(team_id=principal.team_id, url=url.strip(), events=_words(events), description=description.strip())
    session.add(row)
    session.flush()
    return NewWebhook(row=row, secret=secrets.newest(row))


def page(session: Session, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> Page[Webhook]:
    """The team's webhooks. Raises Invalid for a wrong cursor."""
    rows = tenancy.scoped(principal, Webhook).order_by(col(Webhook.id).desc())
    if cursor:
        rows = rows.where(col(Webhook.id) < cursors.read(cursor))
    found = session.exec(rows.limit(cursors.beyond(limit))).all()
    return cursors.page_of(found, limit=limit, cursor_of=lambda row: cursors.after(row.id))


def view(session: Session, principal: Principal, id: UUID) -> Webhook:
    """One webhook. Raises NotFound."""
    return tenancy.find(session, principal, Webhook, id)


def change(
    session: Session,
    principal: Principal,
    id: UUID,
    *,
    url: str | None = None,
    events: Collection[WebhookEvent] | None = None,
    description: str | None = None,
    enabled: bool | None = None,
) -> Webhook:
    """Change what is given. Switched off it gives up what waits; switched on it begins afresh. Raises as `create`."""
    row = tenancy.find(session, principal, Webhook, id, lock=True)
    _check(url=url, events=events, description=description)
    row.url = row.url if url is None else url.strip()
    row.events = row.events if events is None else _words(events)
    row.description = row.description if description is None else description.strip()
    if enabled is False and row.enabled:
        dispatch.switch_off(session, row, reason=Detail.DISABLED_BY_MEMBER, at=now())
    elif enabled and not row.enabled:
        row.enabled, row.disabled_at, row.disabled_reason, row.failing_since = True, None, None, None
    session.flush()
    return row


def rotate_secret(session: Session, principal: Principal, id: UUID) -> NewWebhook:
    """A new secret; for a day deliveries are signed with the old one too. Raises NotFound."""
    row = tenancy.find(session, principal, Webhook, id, lock=True)
    row.secret_number += 1
    row.old_secret_until = now() + secrets.OLD_SECRET_LIFE
    session.flush()
    return NewWebhook(row=row, secret=secrets.newest(row))


def delete(session: Session, principal: Principal, id: UUID) -> None:
    """Delete a webhook with the log of what it was told. Raises NotFound."""
    session.delete(tenancy.find(session, principal, Webhook, id, lock=True))
    session.flush()


def _words(events: Collection[WebhookEvent]) -> list[str]:
    return [each.value for each in WebhookEvent if each in events]


def _check(*, url: str | None, events: Collection[WebhookEvent] | None, description: str | None) -> None:
    """Raise Invalid for what is wrong with those that are given."""
    problems = [
        ("url", _trouble_with(url) if url is not None else ""),
        ("events", "" if events is None or any(each.chosen for each in events) else Detail.WEBHOOK_EVENTS),
        ("events", Detail.WEBHOOK_TEST_EVENT if events and WebhookEvent.TEST in events else ""),
        ("description", _trouble_with_description(description or "")),
    ]
    if wrong := [{"field": field, "message": message} for field, message in problems if message]:
        raise Invalid(errors=wrong)


def _trouble_with(url: str) -> str:
    """Problem of a URL that is known without a request. Its addresses are checked at each delivery."""
    try:
        parts = httpx.URL(url.strip())
        literal = _literal(parts.host)
    except (httpx.InvalidURL, ValueError):
        return Detail.URL_INVALID
    if parts.scheme not in ("https", "http") or not _is_named(parts) or len(url) > LONGEST_URL:
        return Detail.URL_HTTPS
    if parts.scheme == "http" and not settings().webhook_allow_http:
        return Detail.URL_HTTPS_ONLY
    if parts.userinfo or parts.fragment:
        return Detail.URL_USER_OR_FRAGMENT
    if literal and not webhook_targets.may_reach(literal, settings().webhook_networks):
        return Detail.URL_PRIVATE
    return ""


def _is_named(url: httpx.URL) -> bool:
    return url.host != "" and b"%" not in url.raw_host


def _literal(host: str) -> str:
    """The host if it is an IP address, else nothing."""
    try:
        return str(ip_address(host))
    except ValueError:
        return "127.0.0.1" if host.lower().rstrip(".") == "localhost" else ""


def _trouble_with_description(text: str) -> str:
    if len(text.strip()) > LONGEST_DESCRIPTION or (text and not text.isprintable()):
        return Detail.WEBHOOK_DESCRIPTION.format(longest=LONGEST_DESCRIPTION)
    return ""
