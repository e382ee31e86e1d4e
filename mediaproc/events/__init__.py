"""The news: what happens to videos, on Redis streams that every web process reads once."""
