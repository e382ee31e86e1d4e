"""Settings, validated before a command starts anything."""

from __future__ import annotations

from mediaproc import logs
from mediaproc.settings import Settings, settings_or_exit


def checked_settings() -> Settings:
    """Return the settings, with logging configured. Invalid settings are named on standard error; exit status 2."""
    config = settings_or_exit()
    logs.configure(level=config.log_level, format=config.log_format)
    return config
