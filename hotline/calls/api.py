"""Routes of calls, of the wrap-up after them, and of telephone accounts."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from hotline.calls import store
from hotline.calls.accounts import DeskPhoneUseView, DeskPhoneView, PhoneAccounts, PhoneAccountView
from hotline.calls.views import CallPop, CallView, CallViews, MissedCallView
from hotline.calls.worklist import CallDesk
from hotline.errors import Forbidden, NotFound
from hotline.kernel.db import Database
from hotline.ports.clock import Clock
from hotline.queue import telephone
from hotline.queue.feeds import MAY_SEE
from hotline.queue.views import AgentStateView, agent_state_view
from hotline.web.endpoint import Call, Endpoints, Schema


class ClearMissed(Schema):
    """Calls that need no calling back, or no case."""

    ids: list[str] = Field(min_length=1, max_length=200)


class ClearedView(Schema):
    """How many of them were still on the list."""

    cleared: int


class NuisanceBody(Schema):
    """What the caller did."""

    reason: str = Field(min_length=4, max_length=500)


class ReportedView(Schema):
    """The entry that waits for a decision."""

    nuisance_id: str


class DeskPhoneBody(Schema):
    """Which desk phone."""

    name: str = Field(min_length=1, max_length=32)


class CallBackView(Schema):
    """The call that was begun; what becomes of it is told by ``my.calls``."""

    call_id: str


def call_endpoints(
    database: Database,
    clock: Clock,
    desk: CallDesk,
    views: CallViews,
    accounts: PhoneAccounts,
    wrap_up: timedelta,
) -> Endpoints:
    """``/api/calls``, ``/api/agent/wrap-up``, ``/api/phone/account`` and the citizen's."""
    api = Endpoints("calls")

    @api.get("/api/calls/missed")
    async def missed(call: Call) -> list[MissedCallView]:
        """The worklist of missed calls, the newest first."""
        if not any(call.who.may(one) for one in MAY_SEE):
            raise Forbidden("forbidden", capability=MAY_SEE[0])
        async with database.read() as reader:
            return await views.missed(reader)

    @api.get("/api/calls/mine", needs="desk.work")
    async def mine(call: Call) -> list[CallPop]:
        """What rings at the own telephone, goes on, or is being wrapped up; as in ``my.calls``."""
        async with database.read() as reader:
            return [pop for pop, _ in await views.pops(reader, call.who.id)]

    @api.post("/api/calls/missed/clear", needs="desk.work")
    async def clear(call: Call, body: ClearMissed) -> ClearedView:
        """Take missed calls off the list."""
        async with database.uow() as tx:
            return ClearedView(cleared=await desk.clear(tx, call.who, body.ids))

    @api.get("/api/calls/to-file")
    async def to_file(call: Call) -> list[CallView]:
        """Calls that are over and that nobody wrote down, the newest first."""
        if not any(call.who.may(one) for one in MAY_SEE):
            raise Forbidden("forbidden", capability=MAY_SEE[0])
        async with database.read() as reader:
            return await views.to_be_filed(reader)

    @api.post("/api/calls/to-file/clear", needs="desk.work")
    async def filed(call: Call, body: ClearMissed) -> ClearedView:
        """These need no case. A call of which a case is made leaves the list by itself."""
        async with database.uow() as tx:
            return ClearedView(cleared=await desk.filed(tx, call.who, body.ids))

    @api.post("/api/calls/missed/{call_id}/call-back", needs="desk.work")
    async def call_back(call: Call) -> CallBackView:
        """Call the citizen, then ring the own telephone."""
        return CallBackView(call_id=await desk.call_back(call.who, call.path["call_id"]))

    @api.get("/api/calls/{call_id}", needs="desk.work")
    async def view(call: Call) -> CallView:
        """One call."""
        async with database.read() as reader:
            row = await store.by_id(reader, call.path["call_id"])
            if row is None:
                raise NotFound()
            return await views.one(reader, row, call.who.id)

    @api.post("/api/calls/{call_id}/hang-up", needs="desk.work")
    async def hang_up(call: Call) -> None:
        """End the own call."""
        await desk.hang_up(call.who, call.path["call_id"])

    @api.post("/api/calls/{call_id}/nuisance", needs="desk.work")
    async def nuisance(call: Call, body: NuisanceBody) -> ReportedView:
        """Propose the caller of an own call for the list of nuisance callers; a shift lead decides."""
        async with database.uow() as tx:
            entry_id = await desk.report(tx, call.who, call.path["call_id"], body.reason.strip())
        return ReportedView(nuisance_id=entry_id)

    @api.post("/api/agent/wrap-up/extend", needs="desk.work")
    async def extend(call: Call) -> AgentStateView:
        """As much again for the wrap-up."""
        async with database.uow() as tx:
            await telephone.wrap_up_extended(tx, call.who.id, clock.now(), wrap_up)
            return await agent_state_view(tx, call.who.id)

    @api.post("/api/agent/wrap-up/end", needs="desk.work")
    async def end(call: Call) -> AgentStateView:
        """The wrap-up is done."""
        async with database.uow() as tx:
            await telephone.wrap_up_ended(tx, call.who.id, clock.now())
            return await agent_state_view(tx, call.who.id)

    @api.post("/api/phone/account", needs="desk.work")
    async def account(call: Call) -> PhoneAccountView:
        """A telephone account of the own for at most an hour; asked for again, a new password."""
        return await accounts.for_agent(call.who, call.request.url.host or "")

    @api.get("/api/phone/desks", needs="desk.work")
    async def desks(call: Call) -> list[DeskPhoneView]:
        """The desk phones that may be used instead of the browser's."""
        return accounts.desk_phones(call.who)

    @api.post("/api/phone/desk", needs="desk.work")
    async def at_desk(call: Call, body: DeskPhoneBody) -> DeskPhoneUseView:
        """Have the own calls ring at a desk phone for at most an hour; asked for again, an hour more."""
        return await accounts.at_desk(call.who, body.name)

    @api.delete("/api/phone/account", needs="desk.work")
    async def give_back(call: Call) -> None:
        """The own telephone is put away."""
        await accounts.revoke(call.who.id)

    @api.post("/api/citizen/phone/account", audience="citizen")
    async def citizen_account(call: Call) -> PhoneAccountView:
        """An account that reaches the hotline and nothing else, for a few minutes."""
        return await accounts.for_visitor(call.who, call.address, call.request.url.host or "")

    return api
