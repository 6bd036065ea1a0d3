"""The administrator's routes about accounts, roles, units and crews."""

from __future__ import annotations

from typing import cast

from pydantic import Field

from hotline.kernel.db import Database
from hotline.staff.model import CrewFields, NewUser, UnitFields, UserChanges
from hotline.staff.organisation import Organisation
from hotline.staff.paging import from_cursor, to_cursor
from hotline.staff.roles import Roles
from hotline.staff.service import Staff
from hotline.staff.views import CrewView, RoleView, UnitRecord, UserView
from hotline.web.catalogue import Catalogue
from hotline.web.endpoint import Call, Endpoints, Schema

Limit = Field(default=100, ge=1, le=200)


class PageQuery(Schema):
    """``cursor`` is the ``next`` of the page before."""

    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Limit


class UserQuery(PageQuery):
    """Which accounts: ``q`` is a part of the account or the name."""

    q: str | None = Field(default=None, max_length=60)
    unit_id: str | None = None
    role: str | None = None
    active: bool | None = None


class CrewQuery(PageQuery):
    """The crews of one unit, or all."""

    unit_id: str | None = None


class UserPage(Schema):
    """Accounts; ``next`` is the cursor of what follows."""

    items: list[UserView]
    next: str | None


class UnitPage(Schema):
    """Units; ``next`` is the cursor of what follows."""

    items: list[UnitRecord]
    next: str | None


class CrewPage(Schema):
    """Crews; ``next`` is the cursor of what follows."""

    items: list[CrewView]
    next: str | None


class CreateUser(Schema):
    """A new account with its first password."""

    account: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=256)
    roles: list[str] = Field(min_length=1, max_length=20)
    unit_id: str | None = None


class ChangeUser(Schema):
    """Fields that are left out stay as they are."""

    version: int
    name: str = Field(default="", min_length=1, max_length=60)
    unit_id: str | None = None
    roles: list[str] = Field(default=[], min_length=1, max_length=20)
    active: bool = True


class SetPassword(Schema):
    """A password that its owner must replace at the next sign-in."""

    password: str = Field(min_length=1, max_length=256)


class DescribeUnit(Schema):
    """What is kept about a unit; fields that are left out stay as they are."""

    name: str = Field(default="", min_length=1, max_length=80)
    group: str | None = Field(default=None, max_length=10)
    industry: str | None = Field(default=None, max_length=40)
    principal: str | None = Field(default=None, max_length=60)
    hotline_deputy: str | None = Field(default=None, max_length=60)
    duty_phone: str | None = Field(default=None, max_length=30)
    area: str | None = Field(default=None, max_length=200)
    active: bool = False


class CreateUnit(DescribeUnit):
    """A new unit; it is not active unless it says so."""

    code: str = Field(min_length=1, max_length=30)
    name: str = Field(min_length=1, max_length=80)


class ChangeUnit(DescribeUnit):
    """A changed unit."""

    version: int


class DescribeCrew(Schema):
    """What is kept about a crew; fields that are left out stay as they are."""

    name: str = Field(default="", min_length=1, max_length=60)
    captain_id: str | None = None
    member_ids: list[str] = Field(default=[], max_length=200)
    skills: list[str] = Field(default=[], max_length=40)
    active: bool = False


class CreateCrew(DescribeCrew):
    """A new crew; it is not active unless it says so."""

    unit_id: str
    name: str = Field(min_length=1, max_length=60)


class ChangeCrew(DescribeCrew):
    """A changed crew."""

    version: int


class ChangeRole(Schema):
    """A role's name by language, and all of its capabilities."""

    version: int
    name: dict[str, str]
    capabilities: list[str] = Field(max_length=200)


class CapabilityView(Schema):
    """A capability and what it is called."""

    code: str
    name: str


def admin_endpoints(
    database: Database, staff: Staff, roles: Roles, organisation: Organisation, catalogue: Catalogue
) -> Endpoints:
    """``/api/admin/users``, ``units``, ``crews``, ``roles`` and ``capabilities``."""
    api = Endpoints("admin")
    _user_routes(api, database, staff)
    _unit_routes(api, database, organisation)
    _crew_routes(api, database, organisation)
    _role_routes(api, database, roles, catalogue)
    return api


def _user_routes(api: Endpoints, database: Database, staff: Staff) -> None:
    @api.get("/api/admin/users", needs="admin.users")
    async def users(call: Call, query: UserQuery) -> UserPage:
        """Accounts, in their order."""
        async with database.read() as reader:
            items, following = await staff.list_users(
                reader,
                text=query.q,
                unit_id=query.unit_id,
                role=query.role,
                active=query.active,
                after=from_cursor(query.cursor),
                limit=query.limit,
            )
        return UserPage(items=items, next=to_cursor(following))

    @api.post("/api/admin/users", needs="admin.users", status=201)
    async def create_user(call: Call, body: CreateUser) -> UserView:
        """Make an account."""
        new = NewUser(body.account, body.name, body.password, tuple(body.roles), body.unit_id)
        return await staff.create_user(call.who.actor, new)

    @api.patch("/api/admin/users/{user_id}", needs="admin.users")
    async def change_user(call: Call, body: ChangeUser) -> UserView:
        """Change an account, or switch it off."""
        changes = cast(UserChanges, body.model_dump(exclude_unset=True, exclude={"version"}))
        return await staff.change_user(call.who.actor, call.path["user_id"], body.version, changes)

    @api.post("/api/admin/users/{user_id}/password", needs="admin.users", max_bytes=4096)
    async def reset_password(call: Call, body: SetPassword) -> UserView:
        """Give an account another password and end its sessions."""
        return await staff.set_password(call.who.actor, call.path["user_id"], body.password)


def _unit_routes(api: Endpoints, database: Database, organisation: Organisation) -> None:
    @api.get("/api/admin/units", needs="admin.units")
    async def units(call: Call, query: PageQuery) -> UnitPage:
        """Units, by code."""
        async with database.read() as reader:
            after = from_cursor(query.cursor)
            items, following = await organisation.list_units(reader, after, query.limit)
        return UnitPage(items=items, next=to_cursor(following))

    @api.post("/api/admin/units", needs="admin.units", status=201)
    async def create_unit(call: Call, body: CreateUnit) -> UnitRecord:
        """Make a unit."""
        fields = cast(UnitFields, body.model_dump(exclude={"code"}))
        return await organisation.create_unit(call.who.actor, body.code.strip(), fields)

    @api.patch("/api/admin/units/{unit_id}", needs="admin.units")
    async def change_unit(call: Call, body: ChangeUnit) -> UnitRecord:
        """Change a unit."""
        fields = cast(UnitFields, body.model_dump(exclude_unset=True, exclude={"version"}))
        return await organisation.change_unit(call.who.actor, call.path["unit_id"], body.version, fields)


def _crew_routes(api: Endpoints, database: Database, organisation: Organisation) -> None:
    @api.get("/api/admin/crews", needs="admin.units")
    async def crews(call: Call, query: CrewQuery) -> CrewPage:
        """Crews, in the order they were made."""
        async with database.read() as reader:
            after = from_cursor(query.cursor)
            items, following = await organisation.list_crews(reader, query.unit_id, after, query.limit)
        return CrewPage(items=items, next=to_cursor(following))

    @api.post("/api/admin/crews", needs="admin.units", status=201)
    async def create_crew(call: Call, body: CreateCrew) -> CrewView:
        """Make a crew."""
        fields = cast(CrewFields, body.model_dump(exclude={"unit_id"}))
        return await organisation.create_crew(call.who.actor, body.unit_id, fields)

    @api.patch("/api/admin/crews/{crew_id}", needs="admin.units")
    async def change_crew(call: Call, body: ChangeCrew) -> CrewView:
        """Change a crew."""
        fields = cast(CrewFields, body.model_dump(exclude_unset=True, exclude={"version"}))
        return await organisation.change_crew(call.who.actor, call.path["crew_id"], body.version, fields)


def _role_routes(api: Endpoints, database: Database, roles: Roles, catalogue: Catalogue) -> None:
    @api.get("/api/admin/roles", needs="admin.users")
    async def all_roles(call: Call) -> list[RoleView]:
        """Every role, by code."""
        async with database.read() as reader:
            return await roles.all(reader)

    @api.put("/api/admin/roles/{code}", needs="admin.roles")
    async def change_role(call: Call, body: ChangeRole) -> RoleView:
        """Set a role's name and capabilities."""
        return await roles.change(
            call.who.actor, call.path["code"], body.version, body.name, body.capabilities
        )

    @api.get("/api/admin/capabilities", needs="admin.users")
    async def capabilities(call: Call) -> list[CapabilityView]:
        """Every capability, with its name in the reader's language."""
        return [
            CapabilityView(code=code, name=catalogue.text(call.language, f"capability.{code}"))
            for code in roles.capabilities
        ]
