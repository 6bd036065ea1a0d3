"""Routes of imports, parked deliveries and the audit trail."""

from __future__ import annotations

from pydantic import Field

from hotline.kernel.db import Database
from hotline.staff.import_report import ImportQuery, ImportReport, import_report, template_response
from hotline.staff.imports import CREWS, UNITS, USERS, StaffImports
from hotline.staff.oversight import AuditFilter, AuditView, FailureView, Oversight
from hotline.staff.paging import number_from_cursor, to_cursor
from hotline.staff.sheets import MAX_BYTES, SheetWords
from hotline.web.catalogue import Catalogue
from hotline.web.endpoint import Call, Endpoints, Instant, Schema


class Replay(Schema):
    """Which parked delivery is to be tried again."""

    subscriber: str = Field(max_length=80)
    event_id: str = Field(max_length=32)


class AuditQuery(Schema):
    """Which acts; ``actor`` and ``object`` are ``kind:id``."""

    actor: str | None = Field(default=None, max_length=80)
    object: str | None = Field(default=None, max_length=120)
    action: str | None = Field(default=None, max_length=80)
    outcome: str | None = Field(default=None, max_length=20)
    since: Instant | None = None
    until: Instant | None = None
    cursor: str | None = Field(default=None, max_length=40)
    limit: int = Field(default=100, ge=1, le=200)


class AuditPage(Schema):
    """Acts, the newest first; ``next`` is the cursor of what follows."""

    items: list[AuditView]
    next: str | None


def oversight_endpoints(database: Database, oversight: Oversight) -> Endpoints:
    """``/api/admin/failures`` and ``/api/admin/audit``."""
    api = Endpoints("oversight")

    @api.get("/api/admin/failures", needs="admin.failures")
    async def failures(call: Call) -> list[FailureView]:
        """Deliveries that wait for a decision, the newest first."""
        async with database.read() as reader:
            return await oversight.failures(reader)

    @api.post("/api/admin/failures/replay", needs="admin.failures")
    async def replay(call: Call, body: Replay) -> None:
        """Try a parked delivery again."""
        await oversight.replay(call.who.actor, body.subscriber, body.event_id)

    @api.get("/api/admin/audit", needs="audit.view")
    async def audit(call: Call, query: AuditQuery) -> AuditPage:
        """Who did what to what."""
        wanted = AuditFilter(**query.model_dump(exclude={"cursor", "limit"}))
        async with database.read() as reader:
            before = number_from_cursor(query.cursor)
            items, following = await oversight.audit_page(reader, wanted, before, query.limit)
        return AuditPage(items=items, next=to_cursor(following))

    return api


def import_endpoints(imports: StaffImports, words: SheetWords, catalogue: Catalogue) -> Endpoints:
    """``/api/admin/import/{users,units,crews}``: the file itself is the request's body."""
    api = Endpoints("imports")

    @api.post("/api/admin/import/users", needs="admin.users", max_bytes=MAX_BYTES)
    async def import_users(call: Call, body: bytes, query: ImportQuery) -> ImportReport:
        """Accounts from a sheet, all or none."""
        rows, problems = await imports.users(call.who.actor, body, query.dry_run)
        return import_report(rows, problems, query.dry_run, catalogue, call.language)

    @api.post("/api/admin/import/units", needs="admin.units", max_bytes=MAX_BYTES)
    async def import_units(call: Call, body: bytes, query: ImportQuery) -> ImportReport:
        """Units from a sheet, all or none."""
        rows, problems = await imports.units(call.who.actor, body, query.dry_run)
        return import_report(rows, problems, query.dry_run, catalogue, call.language)

    @api.post("/api/admin/import/crews", needs="admin.units", max_bytes=MAX_BYTES)
    async def import_crews(call: Call, body: bytes, query: ImportQuery) -> ImportReport:
        """Crews from a sheet, all or none."""
        rows, problems = await imports.crews(call.who.actor, body, query.dry_run)
        return import_report(rows, problems, query.dry_run, catalogue, call.language)

    @api.get("/api/admin/import/users/template", needs="admin.users")
    async def users_template(call: Call) -> str:
        """An empty sheet for accounts (CSV)."""
        return template_response("users", USERS, words, call.language)  # type: ignore[return-value]

    @api.get("/api/admin/import/units/template", needs="admin.units")
    async def units_template(call: Call) -> str:
        """An empty sheet for units (CSV)."""
        return template_response("units", UNITS, words, call.language)  # type: ignore[return-value]

    @api.get("/api/admin/import/crews/template", needs="admin.units")
    async def crews_template(call: Call) -> str:
        """An empty sheet for crews (CSV)."""
        return template_response("crews", CREWS, words, call.language)  # type: ignore[return-value]

    return api
