"""The workers: they claim jobs, run FFmpeg and report every step."""
