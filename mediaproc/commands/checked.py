"""Settings that are checked before anything starts."""

from __future__ import annotations

from mediaproc import logs
from mediaproc.settings import Settings, settings_or_exit


def checked_settings() -> Settings:
    """The settings, with logs configured by them. A wrong one ends the program with code 2 and is named."""
    config = settings_or_exit()
    logs.configure(level=config.log_level, format=config.log_format)
    return config
