"""Webhook commands, with their help."""

from __future__ import annotations

from typing import Annotated

import typer

from mediaproc.cli.options import EPILOG, Json

webhooks_program = typer.Typer(
    no_args_is_help=True, help="Manage webhooks, and forward events to this machine.", epilog=EPILOG
)

WebhookId = Annotated[str, typer.Argument(metavar="ID", help="ID of a webhook.")]


@webhooks_program.command("list", epilog=EPILOG)
def list_webhooks(as_json: Json = False) -> None:
    """List webhooks, newest first."""
    from mediaproc.cli import webhooks

    webhooks.show(as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def create(
    url: Annotated[str, typer.Argument(help="HTTPS URL to send events to.")],
    event: Annotated[
        list[str] | None,
        typer.Option(
            help="Event to send; may be repeated. Default: video.completed, .failed, .cancelled and .deleted."
        ),
    ] = None,
    description: Annotated[str, typer.Option(help="Note for yourself (optional).")] = "",
    as_json: Json = False,
) -> None:
    """Create a webhook. Its signing secret is shown only once."""
    from mediaproc.cli import webhooks

    webhooks.create(url, event or webhooks.DEFAULT_EVENTS, description, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def delete(id: WebhookId, as_json: Json = False) -> None:
    """Delete a webhook and its delivery log."""
    from mediaproc.cli import webhooks

    webhooks.delete(id, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def test(id: WebhookId, as_json: Json = False) -> None:
    """Send a test event. `deliveries` shows the response."""
    from mediaproc.cli import webhooks

    webhooks.test(id, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def deliveries(
    id: WebhookId,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number to list.")] = 50,
    as_json: Json = False,
) -> None:
    """List the deliveries of a webhook, newest first."""
    from mediaproc.cli import webhooks

    webhooks.deliveries(id, limit=limit, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def resend(
    id: WebhookId, delivery: Annotated[str, typer.Argument(help="ID of the delivery.")], as_json: Json = False
) -> None:
    """Send a delivery again."""
    from mediaproc.cli import webhooks

    webhooks.resend(id, delivery, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def listen(
    forward_to: Annotated[str, typer.Option(help="Local URL, such as http://localhost:3000/hook.")],
    as_json: Json = False,
) -> None:
    """Forward events to a local URL, signed like webhooks, until Ctrl-C.

    Run again, it continues where it stopped.
    """
    from mediaproc.cli import webhook_forwarder

    webhook_forwarder.forward(forward_to, as_json=as_json)
