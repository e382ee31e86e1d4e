"""Formatting in the browser: calls of `format.js` on values of the page's state."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import FunctionStringVar, VarData
from reflex_base.utils.imports import ImportVar

_LIBRARY = rx.asset("format.js", shared=True).importable_path


def format_size(size_bytes: Any) -> rx.Var[str]:
    """A size in bytes: `12.4 MB`."""
    return _call("formatSize", size_bytes)


def format_percent(value: Any) -> rx.Var[str]:
    """A percentage: `42 %`."""
    return _call("formatPercent", value)


def format_time_left(seconds: Any) -> rx.Var[str]:
    """A remaining time: `3 min left`."""
    return _call("formatTimeLeft", seconds)


def format_speed(value: Any) -> rx.Var[str]:
    """A multiple of real time: `3.7×`."""
    return _call("formatSpeed", value)


def format_fps(value: Any) -> rx.Var[str]:
    """A frame rate of encoding: `48 fps`."""
    return _call("formatFps", value)


def format_progress(progress: Any) -> rx.Var[str]:
    """A `state.progress.Progress`: `Encoding · 48 fps · 3.7× · 3 min left`."""
    return _call("formatProgress", progress)


def join(*parts: Any) -> rx.Var[str]:
    """The parts that are not empty: `12.4 MB · 720p`."""
    return _call("join", *parts)


def _call(name: str, *arguments: Any) -> rx.Var[str]:
    imports = {_LIBRARY: [ImportVar(tag=name)]}
    return FunctionStringVar.create(name, _var_data=VarData(imports=imports)).call(*arguments).to(str)
