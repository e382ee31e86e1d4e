"""The documentation site builds, and its pages load nothing from another host."""

from __future__ import annotations

import re
from pathlib import Path

from mediaproc.commands import docs

_LOADED = re.compile(r"""<(?:script|img|source|iframe)[^>]+?src=["']?(https?:|//)|<link[^>]+?href=["']?(https?:|//)""")


def test_the_site_builds_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    assert docs.build(tmp_path, quiet=True) == 0
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 40
    assert [str(page.relative_to(tmp_path)) for page in pages if _LOADED.search(page.read_text())] == []
    stylesheets = [path.read_text() for path in tmp_path.rglob("*.css")]
    assert not [text for text in stylesheets if re.search(r"url\(['\"]?(https?:)?//", text)]
    assert not [page for page in pages if "<!-- generated:" in page.read_text()]
