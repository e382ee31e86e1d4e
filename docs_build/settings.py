"""Settings reference, from the fields of `mediaproc.settings.Settings`."""

from __future__ import annotations

from pydantic.fields import FieldInfo

from docs_build.markdown import code
from docs_build.markdown import table as markdown_table
from mediaproc.settings import Settings


def table() -> str:
    """Every setting with its default and description, in the order of the code."""
    rows = ((code(name.upper()), _default(field), field.description or "") for name, field in _fields().items())
    return markdown_table(("Setting", "Default", "Description"), rows)


def _fields() -> dict[str, FieldInfo]:
    return Settings.model_fields


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    return "" if field.default is None else code(field.default)
