"""The images of a team: small PNGs that its presets lay over the picture, each known by its digest."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from PIL import Image
from sqlalchemy import String, cast, delete, func, literal
from sqlmodel import Session, col, select

from mediaproc.domain.errors import Conflict, Detail, Invalid, NotFound
from mediaproc.domain.tables import TeamImage, TeamPreset, now
from mediaproc.operations.tenancy import Principal

MAX_BYTES = 1024**2
MAX_SIDE = 2048
MOST_OF_A_TEAM = 100
_UNUSED_LIFE = timedelta(days=1)
"""How long an image is kept that no preset names, once there are too many."""


@dataclass(frozen=True)
class Stored:
    """An image that is kept. `id` is the SHA-256 of its bytes, its size is in pixels."""

    id: str
    width: int
    height: int
    size_bytes: int


def keep(session: Session, principal: Principal, content: bytes) -> Stored:
    """Keep an image. Raises Invalid for what is no PNG or too large, and Conflict where there are too many."""
    width, height = _size(content)
    digest = hashlib.sha256(content).hexdigest()
    if session.get(TeamImage, (principal.team_id, digest)) is None:
        _make_room(session, principal)
        session.add(TeamImage(team_id=principal.team_id, digest=digest, content=content, width=width, height=height))
        session.flush()
    return Stored(id=digest, width=width, height=height, size_bytes=len(content))


def content(session: Session, *, team_id: UUID, digest: str) -> bytes:
    """The bytes of an image. Raises NotFound."""
    found = session.get(TeamImage, (team_id, digest))
    if found is None:
        raise NotFound(Detail.IMAGE_UNKNOWN)
    return found.content


def check(session: Session, principal: Principal, digest: str) -> None:
    """Raise Invalid for an image that the team does not have."""
    mine = (col(TeamImage.team_id) == principal.team_id, col(TeamImage.digest) == digest)
    if session.exec(select(TeamImage.digest).where(*mine)).one_or_none() is None:
        raise Invalid.field("watermark.image", Detail.IMAGE_CHOOSE_AGAIN)


def _size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG that can be read to its end. Raises Invalid."""
    if len(content) > MAX_BYTES:
        raise Invalid.field("image", Detail.IMAGE_BYTES.format(kib=MAX_BYTES // 1024))
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            width, height = image.size
            if max(width, height) > MAX_SIDE:
                pixels = Detail.IMAGE_PIXELS.format(most=MAX_SIDE, width=width, height=height)
                raise Invalid.field("image", pixels)
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Invalid.field("image", Detail.IMAGE_NOT_PNG) from error
    return width, height


def _make_room(session: Session, principal: Principal) -> None:
    session.exec(select(func.pg_advisory_xact_lock(int.from_bytes(principal.team_id.bytes[8:], signed=True))))
    if _count(session, principal) < MOST_OF_A_TEAM:
        return
    named = select(TeamPreset.id).where(
        col(TeamPreset.team_id) == principal.team_id,
        cast(col(TeamPreset.recipe), String).contains(col(TeamImage.digest)),
    )
    old = col(TeamImage.created_at) < now() - _UNUSED_LIFE
    mine = col(TeamImage.team_id) == principal.team_id
    session.exec(delete(TeamImage).where(mine, old, ~named.exists()))
    if _count(session, principal) >= MOST_OF_A_TEAM:
        raise Conflict(Detail.IMAGES_AT_MOST.format(most=MOST_OF_A_TEAM))


def _count(session: Session, principal: Principal) -> int:
    mine = col(TeamImage.team_id) == principal.team_id
    return session.exec(select(func.count(literal(1))).select_from(TeamImage).where(mine)).one()
