"""MP4 and MOV: reading boxes and sample tables, cutting segments, rewriting heads. Pure: bytes in, bytes out."""
