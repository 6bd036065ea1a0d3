"""Use cases of roles: sets of capabilities, kept as data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from hotline.errors import Conflict, FieldProblem, InvalidInput, NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database, Reader, Tx
from hotline.staff import store
from hotline.staff.events import RoleChanged
from hotline.staff.tables import role
from hotline.staff.views import RoleView, role_view


@dataclass(frozen=True)
class RoleDefault:
    """A role as the product brings it. ``of_unit``: its holders belong to a responsible unit."""

    code: str
    name: dict[str, str]
    of_unit: bool
    capabilities: tuple[str, ...]


@dataclass(frozen=True)
class RoleDefaults:
    """Every capability there is, and the roles of DOMAIN §1.1 with those that §2.3 and §2.4 give them."""

    capabilities: tuple[str, ...]
    roles: tuple[RoleDefault, ...]


def load_defaults() -> RoleDefaults:
    """The roles that ship with the product."""
    data = json.loads(files("hotline.staff").joinpath("data/roles.json").read_text("utf-8"))
    roles = [
        RoleDefault(one["code"], one["name"], one["of_unit"], tuple(one["capabilities"]))
        for one in data["roles"]
    ]
    return RoleDefaults(tuple(data["capabilities"]), tuple(roles))


class Roles:
    """Lists and changes roles."""

    def __init__(self, database: Database, audit: Audit, defaults: RoleDefaults | None = None) -> None:
        self._database = database
        self._audit = audit
        self._defaults = defaults or load_defaults()

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Every capability that a role may carry."""
        return self._defaults.capabilities

    async def install_defaults(self) -> None:
        """Add missing roles, and bring those that nobody has edited up to this version. Run at each start."""
        async with self._database.uow() as tx:
            present = {row.code: row for row in await store.lock_roles(tx)}
            for default in self._defaults.roles:
                values = {
                    "name": default.name,
                    "of_unit": default.of_unit,
                    "capabilities": list(default.capabilities),
                }
                row = present.get(default.code)
                if row is None:
                    await store.insert(
                        tx, role, {"code": default.code, "edited": False, "version": 1, **values}
                    )
                elif not row.edited and any(getattr(row, key) != value for key, value in values.items()):
                    await self._write(tx, default.code, {**values, "version": row.version + 1})

    async def all(self, reader: Reader) -> list[RoleView]:
        """Every role, by code."""
        return [role_view(row) for row in await store.all_roles(reader)]

    async def change(
        self, actor: str, code: str, version: int, name: dict[str, str], capabilities: Sequence[str]
    ) -> RoleView:
        """Set a role's name and capabilities. ``Conflict`` ("last_admin"): nobody could administer."""
        unknown = sorted(set(capabilities) - set(self.capabilities))
        if unknown:
            raise InvalidInput(
                [FieldProblem("capabilities", "capability_unknown", {"capability": c}) for c in unknown]
            )
        async with self._database.uow() as tx:
            present = {row.code: row for row in await store.lock_roles(tx)}
            if code not in present:
                raise NotFound()
            if present[code].version != version:
                raise Conflict("changed_meanwhile")
            administered = await store.has_administrator(tx)
            values = {
                "name": name,
                "capabilities": sorted(set(capabilities)),
                "edited": True,
                "version": version + 1,
            }
            await self._write(tx, code, values)
            if administered and not await store.has_administrator(tx):
                raise Conflict("last_admin")
            before = set(present[code].capabilities)
            detail = {
                "given": sorted(set(capabilities) - before),
                "taken": sorted(before - set(capabilities)),
            }
            await self._audit.append(tx, Act(actor, "role.change", f"role:{code}", detail=detail))
            return next(one for one in await self.all(tx) if one.code == code)

    async def _write(self, tx: Tx, code: str, values: dict[str, object]) -> None:
        await tx.execute(role.update().where(role.c.code == code).values(values))
        tx.emit(RoleChanged(aggregate=f"role:{code}", code=code))
