"""The README's table of settings is the table in the code."""

from pathlib import Path

from mediaproc.settings import Settings

README = Path(__file__).parents[2] / "README.md"


def _table() -> list[str]:
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "**required**" if field.is_required() else "" if field.default in (None, "") else f"`{field.default}`"
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return rows


def test_the_readme_lists_every_setting_with_its_default() -> None:
    table = "\n".join(_table())
    assert table in README.read_text(), f"put this table into the README:\n{table}"
