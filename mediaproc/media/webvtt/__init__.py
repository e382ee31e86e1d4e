"""WebVTT (W3C): text tracks of every kind as cues, and cues as the files that players read."""
