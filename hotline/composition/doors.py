"""The routes of every slice, and what they are guarded and answered with."""

from __future__ import annotations

from functools import partial

from hotline import __version__
from hotline.cases.api import case_endpoints
from hotline.composition.core import Core
from hotline.composition.slices import Slices
from hotline.contacts.api import contact_endpoints
from hotline.conversations.api import conversation_endpoints
from hotline.demo.seed import active_demo_accounts, demo_service
from hotline.desk.api import desk_endpoints
from hotline.intake.api import CitizenDoor, citizen_endpoints
from hotline.kernel.inbox import Inbox
from hotline.knowledge.api import knowledge_endpoints
from hotline.places.api import place_endpoints
from hotline.queue.api import queue_endpoints
from hotline.staff.admin_api import admin_endpoints
from hotline.staff.api import staff_endpoints
from hotline.staff.imports import StaffImports
from hotline.staff.oversight import Oversight
from hotline.staff.oversight_api import import_endpoints, oversight_endpoints
from hotline.surveys.api import survey_endpoints
from hotline.web.about import AboutView, about_endpoints
from hotline.web.auth import Principal
from hotline.web.catalogue import LANGUAGES
from hotline.web.endpoint import Endpoints
from hotline.web.guard import Guard
from hotline.web.health import HealthBoard, health_endpoints
from hotline.web.signin import SignIn, session_endpoints


def all_endpoints(core: Core, slices: Slices, board: HealthBoard) -> list[Endpoints]:
    """Every route; the order is the order of the API's description."""
    c, s, calling = core, slices, slices.calling
    sign_in = SignIn(c.database, c.sessions, c.throttle, s.staff, c.audit, c.secrets, s.signed_out)
    imports = StaffImports(c.database, s.staff, s.organisation, s.words)
    door = CitizenDoor(c.database, c.sessions, c.throttle, s.contacts, s.cases)
    oversight = Oversight(c.database, c.audit, Inbox(c.clock), c.jobs)
    return [
        health_endpoints(board),
        about_endpoints(partial(_about, core, slices)),
        session_endpoints(sign_in),
        contact_endpoints(c.database, s.contacts, s.cases.concerns),
        staff_endpoints(c.database, s.staff),
        admin_endpoints(c.database, s.staff, s.roles, s.organisation, s.catalogue),
        import_endpoints(imports, s.words, s.catalogue),
        oversight_endpoints(c.database, oversight),
        place_endpoints(c.database, s.places, s.words, s.catalogue),
        knowledge_endpoints(c.database, s.knowledge),
        case_endpoints(c.database, c.clock, s.cases),
        conversation_endpoints(c.database, s.conversations, s.chats, s.files),
        queue_endpoints(c.database, s.queue, s.conversations, s.chats, c.sealer),
        desk_endpoints(c.database, s.desk, s.drafts, s.cases),
        survey_endpoints(c.database, s.cases, s.surveys),
        *calling.endpoints,
        *s.speech.endpoints,
        *s.suggesting.endpoints,
        citizen_endpoints(c.database, s.intake, c.throttle, s.cases, door),
    ]


def guard_of(core: Core, slices: Slices) -> Guard:
    """Who may pass; refusals are audited."""

    async def denied(principal: Principal, operation: str, path: str) -> None:
        await core.audit.denied(core.database, principal.actor, operation, f"route:{path}")

    return Guard(core.database, core.sessions, slices.staff, denied)


async def _about(core: Core, slices: Slices) -> AboutView:
    settings, catalogue = core.settings, slices.catalogue
    demo = bool(await active_demo_accounts(core.database, slices.staff))
    own = {"name": settings.service_name, "scope": settings.service_scope}
    plain = {part: {one: catalogue.text(one, f"service_{part}") for one in LANGUAGES} for part in own}
    shown = {part: {**plain[part], **(demo_service()[part] if demo else {}), **own[part]} for part in own}
    return AboutView(name=shown["name"], scope=shown["scope"], demo=demo, version=__version__)
