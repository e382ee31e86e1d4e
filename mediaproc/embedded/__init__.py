"""Embedded Postgres, Valkey and S3: real servers that come as wheels, started when their URL is unset."""
