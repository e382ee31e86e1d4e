"""Passwords: what is a good enough one, its bcrypt hash, and a check that takes as long for nobody as for somebody."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache

import bcrypt
from zxcvbn import zxcvbn

from mediaproc.domain.errors import Detail

SHORTEST = 10
LONGEST = 1024
COST = 12

_JUDGED_LETTERS = 72
_WEAKEST_SCORE = 1
"""Of zxcvbn's scores from 0 to 4: guessed in less than a million tries."""


def check_strength(password: str, *, email: str = "") -> list[dict[str, str]]:
    """Problems of a new password, as `{field, message}`; empty if there are none.

    Length is what counts (NIST SP 800-63B): no composition rules, but no common or breached password, no pattern of the
    keyboard, and not one's own address. zxcvbn looks that up offline.
    """
    if len(password) < SHORTEST:
        return _wrong(Detail.PASSWORD_TOO_SHORT.format(shortest=SHORTEST))
    if len(password) > LONGEST:
        return _wrong(Detail.PASSWORD_TOO_LONG.format(longest=LONGEST))
    if len(set(password)) < 4:
        return _wrong(Detail.PASSWORD_TOO_SIMPLE)
    return _wrong(Detail.PASSWORD_COMMON) if _is_guessed(password, email) else []


def _is_guessed(password: str, email: str) -> bool:
    """True if a program guesses it in a million tries. Only the beginning is looked at: it takes cubic time."""
    own = [word for word in (email, *re.split(r"[^\w]+", email)) if len(word) > 2]
    return zxcvbn(password[:_JUDGED_LETTERS], user_inputs=own)["score"] <= _WEAKEST_SCORE


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
