"""The commands about webhooks, with their help."""

from __future__ import annotations

from typing import Annotated

import typer

from mediaproc.cli.options import EPILOG, Json

webhooks_program = typer.Typer(
    no_args_is_help=True, help="Webhooks: list, create, try out, delete; forward events to this machine.", epilog=EPILOG
)

WebhookId = Annotated[str, typer.Argument(metavar="ID", help="A webhook's id.")]


@webhooks_program.command("list", epilog=EPILOG)
def list_webhooks(as_json: Json = False) -> None:
    """List webhooks, the newest first."""
    from mediaproc.cli import webhooks

    webhooks.show(as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def create(
    url: Annotated[str, typer.Argument(help="Where to send: https://…")],
    event: Annotated[
        list[str] | None,
        typer.Option(help="May be repeated. Default: completed, failed, cancelled, deleted videos."),
    ] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Add a webhook. Its secret is printed this once."""
    from mediaproc.cli import webhooks

    webhooks.create(url, event or webhooks.USUAL_EVENTS, description, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def delete(id: WebhookId, as_json: Json = False) -> None:
    """Delete a webhook with its log."""
    from mediaproc.cli import webhooks

    webhooks.delete(id, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def test(id: WebhookId, as_json: Json = False) -> None:
    """Send a webhook.test; `deliveries` tells what was answered."""
    from mediaproc.cli import webhooks

    webhooks.test(id, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def deliveries(
    id: WebhookId,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List what a webhook was told, the newest first."""
    from mediaproc.cli import webhooks

    webhooks.deliveries(id, limit=limit, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def resend(
    id: WebhookId, delivery: Annotated[str, typer.Argument(help="The delivery's id.")], as_json: Json = False
) -> None:
    """Tell a webhook something again."""
    from mediaproc.cli import webhooks

    webhooks.resend(id, delivery, as_json=as_json)


@webhooks_program.command(epilog=EPILOG)
def listen(
    forward_to: Annotated[str, typer.Option(help="An address of this machine, as http://localhost:3000/hook.")],
    as_json: Json = False,
) -> None:
    """Send what happens to your videos to a local address, signed like a webhook, until Ctrl-C.

    Called again, it goes on where it stopped.
    """
    from mediaproc.cli import webhook_forwarder

    webhook_forwarder.forward(forward_to, as_json=as_json)
