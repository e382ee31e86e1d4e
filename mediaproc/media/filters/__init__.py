"""FFmpeg filters, one module per purpose: scaling, HDR, overlays, burnt-in subtitles; `graph` has the types."""
