"""FFmpeg filters, one module a purpose: scaling, HDR, overlays, burnt-in subtitles."""
