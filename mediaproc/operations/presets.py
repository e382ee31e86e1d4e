"""Presets as a team sees them: the built-in ones, and its own, versioned, so that an old video says what made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from mediaproc.domain.errors import Conflict, Detail, Invalid, NotFound
from mediaproc.domain.tables import TeamPreset, now
from mediaproc.media import preset_request
from mediaproc.media.preset_request import Recipe
from mediaproc.media.presets import PRESETS, Preset
from mediaproc.operations import images, tenancy
from mediaproc.operations.tenancy import Principal

MOST_OF_A_TEAM = 100
"""Presets that a team may have at a time."""


@dataclass(frozen=True)
class Offered:
    """A preset that may be chosen. `asked` is what the team wrote, None for a built-in one."""

    preset: Preset
    asked: dict[str, Any] | None = None


def offered(session: Session, principal: Principal) -> list[Offered]:
    """The built-in presets, then the team's own by name."""
    own = [Offered(_preset(row), row.recipe) for row in _newest(session, principal)]
    return [*(Offered(preset) for preset in PRESETS.values()), *own]


def check(session: Session, principal: Principal, name: str) -> None:
    """Raise Invalid for a preset that is not offered."""
    if name in PRESETS:
        return
    own = [row.name for row in _newest(session, principal)]
    if name not in own:
        names = ", ".join(f"“{each}”" for each in (*PRESETS, *own))
        raise Invalid.field("preset", Detail.PRESET_NOT_OFFERED.format(names=names))


def title_of(session: Session, principal: Principal, *, name: str, version: int) -> str:
    """Title of a version of one of the team's presets, also of a retired one; empty for any other preset."""
    mine = tenancy.scoped(principal, TeamPreset).where(TeamPreset.name == name, TeamPreset.version == version)
    row = session.exec(mine).one_or_none()
    return "" if row is None else _preset(row).title


def recipe_of(session: Session, *, team_id: UUID, name: str) -> Preset:
    """The newest version of a preset, also of one that was retired meanwhile: what was uploaded for it is still made.

    Raises Invalid if there never was one.
    """
    if name in PRESETS:
        return PRESETS[name]
    mine = select(TeamPreset).where(TeamPreset.team_id == team_id, TeamPreset.name == name)
    row = session.exec(mine.order_by(col(TeamPreset.version).desc()).limit(1)).one_or_none()
    if row is None:
        raise Invalid.field("preset", Detail.PRESET_UNKNOWN.format(name=name))
    return _preset(row)


def create(session: Session, principal: Principal, *, name: str, recipe: Recipe) -> Offered:
    """Make a preset. Raises Conflict where the name is taken or there are too many."""
    _lock(session, principal)
    own = _newest(session, principal)
    if name in PRESETS or name in {row.name for row in own}:
        raise Conflict(Detail.PRESET_EXISTS.format(name=name))
    if len(own) >= MOST_OF_A_TEAM:
        raise Conflict(Detail.PRESETS_AT_MOST.format(most=MOST_OF_A_TEAM))
    _check_watermark(session, principal, recipe)
    return _add(session, principal, name, recipe)


def make(session: Session, principal: Principal, *, asked: dict[str, Any]) -> Offered:
    """Make a preset that gets its name from its title. Raises Invalid, and Conflict where there are too many."""
    recipe = _checked(asked)
    _lock(session, principal)
    taken = {*PRESETS, *(row.name for row in _newest(session, principal))}
    return create(session, principal, name=preset_request.name_for(recipe.title, taken), recipe=recipe)


def change(session: Session, principal: Principal, name: str, *, changes: dict[str, Any]) -> Offered:
    """A new version of a preset: what it was, but for these fields. Raises NotFound, Conflict and Invalid."""
    _lock(session, principal)
    before = _find(session, principal, name)
    recipe = _checked(before.recipe | changes)
    if recipe.to_json() == before.recipe:
        return Offered(_preset(before), before.recipe)
    _check_watermark(session, principal, recipe)
    return _add(session, principal, name, recipe)


def retire(session: Session, principal: Principal, name: str) -> None:
    """Offer a preset no more. Videos that it made keep saying so. Raises NotFound, and Conflict for a built-in one."""
    _lock(session, principal)
    _find(session, principal, name)
    mine = (col(TeamPreset.team_id) == principal.team_id, col(TeamPreset.name) == name)
    session.exec(update(TeamPreset).where(*mine, col(TeamPreset.retired_at).is_(None)).values(retired_at=now()))


def _check_watermark(session: Session, principal: Principal, recipe: Recipe) -> None:
    if recipe.watermark is not None:
        images.check(session, principal, recipe.watermark.image)


def _checked(asked: dict[str, Any]) -> Recipe:
    try:
        return Recipe.model_validate(asked)
    except ValidationError as error:
        raise Invalid(errors=preset_request.explained(error)) from error


def _newest(session: Session, principal: Principal) -> Sequence[TeamPreset]:
    """The newest version of each of the team's presets that is not retired, by name."""
    rows = tenancy.scoped(principal, TeamPreset).where(col(TeamPreset.retired_at).is_(None))
    found = session.exec(rows.order_by(col(TeamPreset.name), col(TeamPreset.version))).all()
    return list({row.name: row for row in found}.values())


def _find(session: Session, principal: Principal, name: str) -> TeamPreset:
    if name in PRESETS:
        raise Conflict(Detail.PRESET_BUILT_IN)
    row = next((row for row in _newest(session, principal) if row.name == name), None)
    if row is None:
        raise NotFound
    return row


def _add(session: Session, principal: Principal, name: str, recipe: Recipe) -> Offered:
    """Versions count on through a retirement, so that no two recipes ever share a name and a version."""
    mine = select(func.max(TeamPreset.version)).where(
        col(TeamPreset.team_id) == principal.team_id, col(TeamPreset.name) == name
    )
    version = (session.exec(mine).one() or 0) + 1
    row = TeamPreset(team_id=principal.team_id, name=name, version=version, recipe=recipe.to_json())
    session.add(row)
    session.flush()
    return Offered(_preset(row), row.recipe)


def _preset(row: TeamPreset) -> Preset:
    return Recipe.model_validate(row.recipe).preset(name=row.name, version=row.version)


def _lock(session: Session, principal: Principal) -> None:
    """One change of a team's presets at a time: versions are counted."""
    session.exec(select(func.pg_advisory_xact_lock(int.from_bytes(principal.team_id.bytes[8:], signed=True))))
