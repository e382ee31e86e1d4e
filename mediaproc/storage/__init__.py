"""S3: the client, every object key, objects and multipart uploads."""
