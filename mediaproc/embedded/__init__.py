"""The built-in Postgres, Valkey, S3 and FFmpeg: real servers that come as wheels, started when no URL is set."""
