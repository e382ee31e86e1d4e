"""Path patterns that several middleware share."""

from __future__ import annotations

import re

API = re.compile(r"^/(api|auth|livez|readyz|metrics)(/|$)|^/videos/[^/]+/(events$|hls/|dash/)")
PLAYLIST = re.compile(r"^(/api/v1)?/videos/[^/]+/(hls|dash)/")
