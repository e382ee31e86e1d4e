"""Commands for webhooks and their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import typer

from mediaproc.cli.output import connected, print_result, print_table, to_json
from mediaproc.client import Delivery, Webhook

DEFAULT_EVENTS = ("video.completed", "video.failed", "video.cancelled", "video.deleted")


def show(*, as_json: bool) -> None:
    """List webhooks."""
    with connected(as_json=as_json) as client:
        found = list(client.webhooks())
        if as_json:
            typer.echo(to_json(found))
        else:
            print_table(("ID", "STATE", "URL", "EVENTS"), map(_row, found))


def create(url: str, events: Sequence[str], description: str, *, as_json: bool) -> None:
    """Create a webhook. Prints its id and its signing secret."""
    with connected(as_json=as_json) as client:
        new = client.create_webhook(url, events, description=description)
        print_result(new, f"{new.id}\t{new.secret}", as_json=as_json)


def delete(id: str, *, as_json: bool) -> None:
    """Delete a webhook."""
    with connected(as_json=as_json) as client:
        client.delete_webhook(id)
        print_result({"deleted": id}, f"Deleted {id}", as_json=as_json)


def test(id: str, *, as_json: bool) -> None:
    """Send a test event."""
    with connected(as_json=as_json) as client:
        sent = client.test_webhook(id)
        print_result(sent, f"Queued delivery {sent.id}", as_json=as_json)


def resend(id: str, delivery_id: str, *, as_json: bool) -> None:
    """Send a delivery again."""
    with connected(as_json=as_json) as client:
        sent = client.resend(id, delivery_id)
        print_result(sent, f"Queued delivery {sent.id}", as_json=as_json)


def deliveries(id: str, *, limit: int, as_json: bool) -> None:
    """List the delivery log."""
    with connected(as_json=as_json) as client:
        found = list(islice(client.deliveries(id), limit))
        if as_json:
            typer.echo(to_json(found))
        else:
            print_table(("ID", "EVENT", "STATE", "RESPONSE", "ATTEMPTS", "CREATED"), map(_delivery_row, found))


def _row(webhook: Webhook) -> tuple[str, ...]:
    state = "on" if webhook.enabled else f"off: {webhook.disabled_reason}"
    return webhook.id, state, webhook.url, " ".join(webhook.events)


def _delivery_row(delivery: Delivery) -> tuple[str, ...]:
    answer = delivery.error or str(delivery.response_status or "")
    when = delivery.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return delivery.id, delivery.event, delivery.status, answer, str(delivery.attempt_count), when
