"""Mediaproc: videos in, streams and files out, with live progress all the way."""
