"""Advice: what to do next about an error, by its code."""

from __future__ import annotations

from mediaproc.domain import errors


def for_error(code: str) -> str:
    """Advice about an error."""
    return errors.advice_for(code)
