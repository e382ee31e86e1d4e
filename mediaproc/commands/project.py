"""The project folder: what Reflex and Alembic read beside the package (rxconfig.py, assets, reflex.lock, migrations).

In a checkout it is the checkout. A wheel carries the same files in `mediaproc/_project`, and Reflex needs a folder that
it may write to: a copy is made in the user's data folder.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
"""The `mediaproc` package itself."""

_CHECKOUT = PACKAGE.parent
BUNDLE = "_project"
_BUNDLED = PACKAGE / BUNDLE
_COPIED = ("rxconfig.py", "assets", "reflex.lock")


def is_checkout() -> bool:
    """True where the package stands in its repository, False where it was installed from a wheel."""
    return not _BUNDLED.is_dir()


def migrations_dir() -> Path:
    """The folder of alembic.ini and the migrations; only read."""
    return _CHECKOUT if is_checkout() else _BUNDLED


def data_home() -> Path:
    """The default place of everything that is kept: MEDIAPROC_HOME, `.data` in a checkout, else the user's data folder.

    As root that is /var/lib/mediaproc: the built-in Postgres runs as a user of its own, who must not enter /root.
    """
    if named := os.environ.get("MEDIAPROC_HOME"):
        return Path(named)
    if is_checkout():
        return _CHECKOUT / ".data"
    if os.geteuid() == 0:
        return Path("/var/lib/mediaproc")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "mediaproc"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "mediaproc"


@functools.cache
def project_dir() -> Path:
    """The folder to run Reflex in; made from the bundled files if this is an installed wheel."""
    if is_checkout():
        return _CHECKOUT
    folder = _writable(data_home() / "project")
    for name in _COPIED:
        _refresh(_BUNDLED / name, folder / name)
    return folder


def _writable(folder: Path) -> Path:
    """The folder, or one in the system's temporary folder where it can't be made (a read-only container)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="mediaproc-project-"))
    return folder if os.access(folder, os.W_OK) else Path(tempfile.mkdtemp(prefix="mediaproc-project-"))


def _refresh(source: Path, target: Path) -> None:
    """Copy what differs, each file at once: another process may be reading it."""
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for each in source.iterdir():
            _refresh(each, target / each.name)
    elif source.name != "__pycache__" and (not target.exists() or target.read_bytes() != source.read_bytes()):
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(source, draft)
        draft.replace(target)
