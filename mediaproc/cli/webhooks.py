"""Manage webhooks, and look at what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import typer

from mediaproc.cli.output import connected, print_result, print_table, to_json
from mediaproc.client import Delivery, Webhook

USUAL_EVENTS = ("video.completed", "video.failed", "video.cancelled", "video.deleted")


def show(*, as_json: bool) -> None:
    """List them."""
    with connected(as_json=as_json) as client:
        found = list(client.webhooks())
        if as_json:
            typer.echo(to_json(found))
        else:
            print_table(("ID", "STATE", "ADDRESS", "EVENTS"), map(_row, found))


def create(url: str, events: Sequence[str], description: str, *, as_json: bool) -> None:
    """Add one; on standard output there are its id and its secret."""
    with connected(as_json=as_json) as client:
        new = client.create_webhook(url, events, description=description)
        print_result(new, f"{new.id}\t{new.secret}", as_json=as_json)


def delete(id: str, *, as_json: bool) -> None:
    """Delete one."""
    with connected(as_json=as_json) as client:
        client.delete_webhook(id)
        print_result({"deleted": id}, f"Deleted {id}", as_json=as_json)


def test(id: str, *, as_json: bool) -> None:
    """Send a test."""
    with connected(as_json=as_json) as client:
        sent = client.test_webhook(id)
        print_result(sent, f"{sent.id} is on its way", as_json=as_json)


def resend(id: str, delivery_id: str, *, as_json: bool) -> None:
    """Send one again."""
    with connected(as_json=as_json) as client:
        sent = client.resend(id, delivery_id)
        print_result(sent, f"{sent.id} is on its way", as_json=as_json)


def deliveries(id: str, *, limit: int, as_json: bool) -> None:
    """List the log."""
    with connected(as_json=as_json) as client:
        found = list(islice(client.deliveries(id), limit))
        if as_json:
            typer.echo(to_json(found))
        else:
            print_table(("ID", "EVENT", "STATE", "ANSWER", "TRIES", "WHEN"), map(_delivery_row, found))


def _row(webhook: Webhook) -> tuple[str, ...]:
    state = "on" if webhook.enabled else f"off: {webhook.disabled_reason}"
    return webhook.id, state, webhook.url, " ".join(webhook.events)


def _delivery_row(delivery: Delivery) -> tuple[str, ...]:
    answer = delivery.error or str(delivery.response_status or "")
    when = delivery.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return delivery.id, delivery.event, delivery.status, answer, str(delivery.attempt_count), when
