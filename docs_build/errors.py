"""Error reference, from the error tree of `mediaproc.domain.errors`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from docs_build.markdown import code
from docs_build.markdown import table as markdown_table
from mediaproc.domain.errors import Expected, ProcessingError

_Kind = TypeVar("_Kind", bound=Expected)


def table(group: str) -> str:
    """Errors of `requests` (HTTP problems) or of `processing` (errors of a job), by their codes."""
    if group == "processing":
        rows = ((code(each.code), each.title, "yes" if each.retryable else "no") for each in kinds(ProcessingError))
        return markdown_table(("Code", "Title", "Retried"), rows)
    of_requests = (each for each in kinds(Expected) if not issubclass(each, ProcessingError))
    rows = ((code(each.code), str(each.status), each.title) for each in of_requests)
    return markdown_table(("Code", "Status", "Title"), sorted(rows, key=lambda row: row[1]))


def kinds(root: type[_Kind]) -> Iterator[type[_Kind]]:
    """Every error class below `root`, depth first."""
    for each in root.__subclasses__():
        yield each
        yield from kinds(each)
