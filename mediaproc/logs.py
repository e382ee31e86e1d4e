"""Structured logs: one JSON object per line, with ids, without secrets.

Bind ids where work begins: `structlog.contextvars.bind_contextvars(request_id=…, video_id=…, job_id=…, attempt=…)`.
Presigned URLs, tokens, passwords and keys are replaced by `[redacted]` wherever they occur, including messages of other
libraries.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRET_NAMES = re.compile(r"password|secret|token|authorization|cookie|api_key|access_key|presigned", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"""
      (?P<query>   (?:[?&]|&amp;|\\u0026)(?:X-Amz-[a-z-]+|[a-z_]*token|AWSAccessKeyId|Signature)= )  [^\s&"'<>\\]+
    | (?P<named>   (?: [\w-]*(?:password|passwd|secret|token|authorization|cookie|(?:api|access|secret)[_-]?key)
                     | mp_access | mp_refresh )
                   \\?["']?\s*[=:]\s* )
                   (?: \\?"[^"]*" | '[^']*' | (?:(?:Bearer|Basic)\s+)?[^\s,;&"'\])}]+ )
    | (?P<scheme>  \b(?:Bearer|Basic)\s+ )  [\w.~+/=-]{16,}
    | (?P<website> \bhttps?:// )  [^\s/@"'<>]+(?=@)
    | (?P<server>  \b(?!https?:)[a-z][a-z0-9+.-]*://[^\s/:@"']*: )  [^\s"'<>]+(?=@)
    | \bmp_[\w-]{16,}
    | \beyJ[\w-]+\.[\w-]+\.[\w-]+
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Patterns of secrets in text. A named group is preserved; the text after it is replaced."""

_PLAIN = (bool, int, float, type(None))


def configure(*, level: str = "INFO", format: str = "json") -> None:
    """Send structlog and standard logging to standard error through one chain."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact_event, renderer],
        )
    )
    logging.raiseExceptions = False  # a failing handler would print the raw message, with its secrets
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("botocore", "boto3", "urllib3", "s3transfer", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Logger of a module."""
    return structlog.stdlib.get_logger(name)


def redact(text: str) -> str:
    """Return the text with every presigned signature, token, key and URL password replaced."""
    return _SECRET_TEXT.sub(_keep_prefix, text)


def redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: redacts each value of an event, by its name or its content."""
    for name, value in event.items():
        event[name] = _redact_value(name, value)
    return event


def _redact_value(name: str, value: Any) -> Any:
    if name.startswith("_") or isinstance(value, _PLAIN):
        return value
    if _SECRET_NAMES.search(name):
        return "[redacted]"
    if isinstance(value, Mapping):
        return {key: _redact_value(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redact_value(name, inner) for inner in value]
    return redact(str(value))


def _keep_prefix(match: re.Match[str]) -> str:
    return f"{match[match.lastgroup] if match.lastgroup else ''}[redacted]"
