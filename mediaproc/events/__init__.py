"""Events of videos, on Redis streams that every web process reads once."""
