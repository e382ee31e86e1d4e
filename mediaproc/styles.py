"""Stylesheets of the page, bundled by the build from `assets/`.

Radix Themes is not used: its stylesheet alone weighs 90 kB compressed, and its components another 80 kB.
"""

from __future__ import annotations

STYLESHEETS = ["/tokens.css", "/mediaproc.css"]
"""Colors as variables, which change with light and dark mode; then everything that uses them."""
