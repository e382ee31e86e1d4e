"""Huey on Redis: it carries the hint that a job waits. The database decides."""
