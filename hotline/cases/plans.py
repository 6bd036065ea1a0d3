"""What each action changes besides states and clocks, and what the rules are asked about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hotline.cases.actor import CaseActor
from hotline.cases.filing import file_case
from hotline.cases.forms import instant
from hotline.cases.model import AssignmentRole, AssignmentState
from hotline.cases.required_fields import DispatchBasis
from hotline.cases.store import Row, StoredCase
from hotline.cases.taxonomy import Taxonomy
from hotline.cases.transition import Action
from hotline.errors import FieldProblem
from hotline.kernel.db import Reader
from hotline.kernel.ids import new_id
from hotline.staff.views import UnitView, active_units, crews_of_unit


@dataclass(frozen=True)
class Deed:
    """One action about to be done; ``on``: the assignments it is done to; ``payload`` has no blanks."""

    case: StoredCase
    action: Action
    payload: Mapping[str, Any]
    actor: CaseActor
    now: datetime
    on: tuple[Row, ...] = ()

    @property
    def assignment_id(self) -> str | None:
        """The one assignment it is done to, if it is one."""
        return self.on[0].id if self.on else None


@dataclass
class Plan:
    """``facts``: what the rules judge; ``case``, ``assignment``: columns; ``told``: for the history."""

    facts: dict[str, Any]
    case: dict[str, Any] = field(default_factory=dict)
    assignment: dict[str, Any] = field(default_factory=dict)
    new_assignments: list[dict[str, Any]] = field(default_factory=list)
    crew_id: str | None = None
    told: dict[str, Any] = field(default_factory=dict)
    problems: list[FieldProblem] = field(default_factory=list)


Planner = Callable[[Reader, Deed, Taxonomy], Awaitable[Plan]]


async def plan(reader: Reader, deed: Deed, taxonomy: Taxonomy) -> Plan:
    """The plan of any action that has a form."""
    planner = _PLANNERS.get(deed.action)
    made = await planner(reader, deed, taxonomy) if planner else Plan(dict(deed.payload))
    made.told = {**deed.payload, **made.told}
    return made


async def _accept(_reader: Reader, deed: Deed, taxonomy: Taxonomy) -> Plan:
    row = deed.case.row
    filing = file_case(taxonomy, deed.payload, dict(row._mapping))
    address = deed.payload.get("address", row.address).strip()
    facts = {
        "category": filing.category_code,
        "urgency": str(filing.urgency),
        "sla_class": filing.sla_code,
        "repair_class": filing.repair_class,
        "address": address,
        "location": row.lng,
    }
    made = Plan(facts, case={**filing.columns(taxonomy), "address": address})
    if len(address) > 300:
        made.problems.append(FieldProblem("address", "field_too_long", {"max_length": 300}))
    return made


async def _dispatch(reader: Reader, deed: Deed, taxonomy: Taxonomy) -> Plan:
    row, payload = deed.case.row, deed.payload
    units = {unit.id: unit for unit in await active_units(reader)}
    lead_id = payload.get("unit_id")
    appointment = instant(payload.get("appointment_start"))
    leaf = taxonomy.leaf(row.category_code) if row.category_code else None
    by_catalogue = lead_id in units and leaf is not None and units[lead_id].code == leaf.unit_code
    basis = payload.get("basis") or (DispatchBasis.CATALOGUE if by_catalogue else DispatchBasis.MANUAL)
    facts = {
        "lead_unit": lead_id,
        "sla_policy": row.sla_code,
        # Due instants are computed from the policy, never typed: with a policy there is one.
        "due_at": row.sla_code,
        "dispatch_basis": basis,
    }
    made = Plan(facts, case={"appointment_at": appointment})
    if appointment is not None and appointment < row.clocks_from_at:
        made.problems.append(FieldProblem("appointment_start", "appointment_before_acceptance"))
    _send(made, deed, units, str(basis))
    return made


def _send(made: Plan, deed: Deed, units: Mapping[str, UnitView], basis: str) -> None:
    """An assignment for each unit that was named and may have one."""
    lead_id, co_ids = deed.payload.get("unit_id"), deed.payload.get("co_unit_ids", ())
    wanted = [("unit_id", lead_id, AssignmentRole.LEAD)] if lead_id else []
    wanted += [("co_unit_ids", unit_id, AssignmentRole.CO) for unit_id in co_ids]
    busy = {a.unit_id for a in deed.case.effective}
    for name, unit_id, role in wanted:
        if unit_id not in units:
            made.problems.append(FieldProblem(name, "field_choice"))
        elif unit_id in busy:
            made.problems.append(FieldProblem(name, "unit_has_case_already"))
        else:
            busy.add(unit_id)
            made.new_assignments.append(_assignment(deed, unit_id, role, basis))
    made.told = {
        "basis": basis,
        "units": [
            {"id": a["unit_id"], "name": units[a["unit_id"]].name, "role": a["role"]}
            for a in made.new_assignments
        ],
    }


def _assignment(deed: Deed, unit_id: str, role: AssignmentRole, basis: str) -> dict[str, Any]:
    # §2.4 A2: one return per unit and case, also when the case comes back to it.
    used = max((a.return_requests for a in deed.case.assignments if a.unit_id == unit_id), default=0)
    return {
        "id": new_id(),
        "case_id": deed.case.id,
        "unit_id": unit_id,
        "role": str(role),
        "state": str(AssignmentState.SENT),
        "version": 1,
        "basis": basis,
        "note": deed.payload.get("note"),
        "sent_at": deed.now,
        "return_requests": used,
    }


async def _sign(_reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    signed = {"signed_at": deed.now, "signed_by": deed.actor.actor}
    return Plan({"sign_user": deed.actor.actor}, assignment=signed)


async def _start_work(reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    """A crew is offered the visit (T1); without one, whoever starts handles it."""
    crew_id = deed.payload.get("crew_id")
    made = Plan({"crew_id": crew_id, "handler_id": deed.actor.actor}, crew_id=crew_id)
    made.assignment = {"started_at": deed.now, "handler": deed.actor.actor}
    if crew_id:
        crews = {crew.id: crew for crew in await crews_of_unit(reader, deed.on[0].unit_id)}
        if crew_id in crews:
            made.told = {"crew_name": crews[crew_id].name}
        else:
            made.problems.append(FieldProblem("crew_id", "field_choice"))
    return made


async def _request_return(reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    made, suggested = Plan(dict(deed.payload)), deed.payload.get("suggested_unit")
    units = {unit.id: unit for unit in await active_units(reader)}
    if suggested and (suggested not in units or suggested == deed.on[0].unit_id):
        made.problems.append(FieldProblem("suggested_unit", "field_choice"))
    elif suggested:
        made.told = {"suggested_unit_name": units[suggested].name}
    request = {**deed.payload, **made.told, "by": deed.actor.actor, "at": deed.now.isoformat()}
    made.assignment = {
        "return_requests": deed.on[0].return_requests + 1,
        "return_id": new_id(),
        "return_request": request,
    }
    return made


async def _decide_return(_reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    decision = "approved" if deed.action is Action.APPROVE_RETURN else "refused"
    facts = {**deed.payload, "return_id": deed.on[0].return_id, "decision": decision}
    made = Plan(facts, told={"return_id": deed.on[0].return_id, "decision": decision})
    if deed.action is Action.REFUSE_RETURN and deed.on[0].signed_at is None:
        # A unit whose return is refused has the case: its signature is not asked for once more.
        made.assignment = {"signed_at": deed.now, "signed_by": deed.on[0].signed_by or deed.actor.actor}
    return made


async def _report(_reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    payload = deed.payload
    reported = {
        "reported_at": deed.now,
        "result_code": payload.get("result_code"),
        "narrative": payload.get("narrative"),
        "contacted_user": payload.get("contacted_user"),
        "labour_cost": 0,
    }
    return Plan(dict(payload), assignment=reported)


async def _rework(_reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    changed = {"rework_round": deed.case.row.rework_round + 1, "reported_at": None}
    ordered = {"rework": {**deed.payload, "at": deed.now.isoformat()}}
    return Plan(dict(deed.payload), case=changed, assignment=ordered)


async def _close(_reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    payload = deed.payload
    exempt, notified = payload.get("exempt_code"), payload.get("notified")
    made = Plan(dict(payload))
    made.case = {"close_type": "exempt" if exempt else "surveyed", "exempt_code": exempt}
    if notified is not None:
        told = {"channel": notified.get("channel"), "notice_id": notified.get("notice_id")}
        if not isinstance(told["channel"], str) or not told["channel"]:
            made.problems.append(FieldProblem("notified", "field_missing"))
        made.case["notified"] = {**told, "at": deed.now.isoformat()}
    elif not exempt:
        # Invariant (a) of §2.3: who was asked is also told.
        made.problems.append(FieldProblem("notified", "field_missing"))
    return made


async def _direct_answer(_reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    # Invariant (a) of §2.3: the answer given there and then is the notice.
    notified = {"channel": "in_call", "notice_id": None, "at": deed.now.isoformat()}
    return Plan(dict(deed.payload), case={"close_type": "direct", "notified": notified})


async def _reject(_reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    return Plan(dict(deed.payload), case={"reject_code": deed.payload.get("reject_code")})


async def _cancel(_reader: Reader, deed: Deed, _taxonomy: Taxonomy) -> Plan:
    return Plan(dict(deed.payload), case={"cancel_reason": deed.payload.get("cancel_reason")})


_PLANNERS: Mapping[Action, Planner] = {
    Action.ACCEPT: _accept,
    Action.DISPATCH: _dispatch,
    Action.SIGN: _sign,
    Action.START_WORK: _start_work,
    Action.REQUEST_RETURN: _request_return,
    Action.APPROVE_RETURN: _decide_return,
    Action.REFUSE_RETURN: _decide_return,
    Action.REPORT: _report,
    Action.REWORK_AFTER_CHECK: _rework,
    Action.REWORK_AFTER_SURVEY: _rework,
    Action.CLOSE: _close,
    Action.DIRECT_ANSWER: _direct_answer,
    Action.REJECT_ACCEPTANCE: _reject,
    Action.CANCEL: _cancel,
}
