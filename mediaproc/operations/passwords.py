"""Passwords: what is a good enough one, its bcrypt hash, and a check that takes as long for nobody as for somebody."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

import bcrypt

from mediaproc.domain.errors import Detail

SHORTEST = 10
LONGEST = 1024
COST = 12


def check_strength(password: str) -> list[dict[str, str]]:
    """Problems of a new password, as `{field, message}`; empty if there are none.

    Length is what counts (NIST SP 800-63B): no composition rules, only no single repeated character.
    """
    if len(password) < SHORTEST:
        return _wrong(Detail.PASSWORD_TOO_SHORT.format(shortest=SHORTEST))
    if len(password) > LONGEST:
        return _wrong(Detail.PASSWORD_TOO_LONG.format(longest=LONGEST))
    if len(set(password)) < 4:
        return _wrong(Detail.PASSWORD_TOO_SIMPLE)
    return []


def hash_of(password: str) -> str:
    """The bcrypt hash. Slow on purpose (a quarter of a second), so call it from a thread."""
    return bcrypt.hashpw(_prehash(password), bcrypt.gensalt(COST)).decode()


def matches(password: str, password_hash: str | None) -> bool:
    """Return whether this is the password. Without a hash (unknown email) it takes the same time and returns False."""
    right = bcrypt.checkpw(_prehash(password), (password_hash or _nobody()).encode())
    return right and password_hash is not None


def _prehash(password: str) -> bytes:
    """SHA-256 in Base64: bcrypt reads 72 bytes and stops at a zero byte, so a long password would be cut silently."""
    # JSON can carry half of a surrogate pair, which no encoding takes.
    return base64.b64encode(hashlib.sha256(password.encode(errors="surrogatepass")).digest())


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hash_of("nobody's password")


def _wrong(message: str) -> list[dict[str, str]]:
    return [{"field": "password", "message": message}]
