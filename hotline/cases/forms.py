"""The form of each action: what its payload may hold, for the pages to draw and for ``act`` to check.

Only actions that have a form here can be done; the transition table knows more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from hotline.cases.model import RejectCode, RepairClass, SurveyExempt, Urgency
from hotline.cases.required_fields import (
    CancelReason,
    DispatchBasis,
    ResultCode,
    ReworkGround,
)
from hotline.cases.sla import SLA_POLICIES
from hotline.cases.transition import Action
from hotline.errors import FieldProblem

Kind = Literal["text", "choice", "bool", "unit", "units", "crew", "number", "datetime", "object"]
MOST_TEXT = 2000
ASSIGNMENT = "assignment_id"


class ReturnReason(StrEnum):
    """Why a unit says a case is not its own (§2.4 A2)."""

    NOT_OUR_DUTY = "not_our_duty"
    NOT_OUR_PROPERTY = "not_our_property"
    OUTSIDE_AREA = "outside_area"
    OTHER_UNIT_NEEDED = "other_unit_needed"


class CheckResult(StrEnum):
    """What the centre's check of a report rested on (§2.3 C12, C14)."""

    ON_SITE = "on_site"
    REMOTE = "remote"
    BY_DOCUMENTS = "by_documents"


class DefectCode(StrEnum):
    """What the check found wanting (§2.3 C13)."""

    NOT_DONE = "not_done"
    PARTLY_DONE = "partly_done"
    CAME_BACK = "came_back"
    WRONG_PLACE = "wrong_place"
    NO_EVIDENCE = "no_evidence"
    REQUESTER_NOT_CONTACTED = "requester_not_contacted"


@dataclass(frozen=True)
class FormField:
    """One field. ``shown`` is False for what the product's own parts fill in, not a person at a page."""

    name: str
    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    shown: bool = True


def _choice(name: str, words: Iterable[str], *, required: bool = True) -> FormField:
    return FormField(name, "choice", required, tuple(str(word) for word in words))


def _text(name: str, *, required: bool = True) -> FormField:
    return FormField(name, "text", required)


FORMS: Mapping[Action, tuple[FormField, ...]] = {
    Action.ACCEPT: (
        # What the case is filed under already need not be given again.
        _text("category_code", required=False),
        _choice("urgency", Urgency, required=False),
        _choice("sla_code", SLA_POLICIES, required=False),
        _choice("repair_class", RepairClass, required=False),
        _text("address", required=False),
    ),
    Action.DIRECT_ANSWER: (
        _text("answer_text"),
        FormField("cites_knowledge", "bool"),
        _text("kb_ref", required=False),
        FormField("user_confirmed", "bool", required=True),
    ),
    Action.REJECT_ACCEPTANCE: (_choice("reject_code", RejectCode), _text("guidance")),
    Action.CANCEL: (_choice("cancel_reason", CancelReason),),
    Action.DISPATCH: (
        FormField("unit_id", "unit", required=True),
        FormField("co_unit_ids", "units"),
        _choice("basis", DispatchBasis, required=False),
        FormField("appointment_start", "datetime"),
        _text("note", required=False),
    ),
    Action.REASSIGN: (_text("reason"),),
    Action.SIGN: (FormField("crew_id", "crew"),),
    Action.START_WORK: (FormField("crew_id", "crew"),),
    Action.REQUEST_RETURN: (
        _choice("reason_code", ReturnReason),
        _text("legal_basis"),
        FormField("suggested_unit", "unit", required=True),
    ),
    Action.APPROVE_RETURN: (_text("reason"),),
    Action.REFUSE_RETURN: (_text("reason"),),
    Action.REPORT: (
        _choice("result_code", ResultCode),
        _text("narrative"),
        FormField("contacted_user", "bool", required=True),
        FormField("labor_fee", "number", required=True),
    ),
    Action.SEND_CHECK: (),
    Action.PASS: (_choice("check_result", CheckResult), _text("note", required=False)),
    Action.REWORK_AFTER_CHECK: (_choice("defect_code", DefectCode), _text("evidence")),
    Action.REWORK_AFTER_SURVEY: (_choice("rework_ground", ReworkGround), _text("rework_request")),
    Action.CLOSE: (
        _choice("exempt_code", SurveyExempt, required=False),
        FormField("survey", "object", shown=False),
        FormField("notified", "object", shown=False),
    ),
}

RULE_FIELDS: Mapping[str, str] = {
    "category": "category_code",
    "place": "address",
    "sla": "sla_code",
    "contact": "requester_phone",
    "lead_unit": "unit_id",
    "worker": "crew_id",
    "dispatch_basis": "basis",
}
"""What the rules call a field, where the form has another name for it."""


def as_form_problem(problem: FieldProblem) -> FieldProblem:
    """A rule's finding under the form's name of the field."""
    return FieldProblem(RULE_FIELDS.get(problem.field, problem.field), problem.code, problem.params)


def payload_problems(action: Action, payload: Mapping[str, Any]) -> list[FieldProblem]:
    """Fields that the form does not have, or whose values are of the wrong kind; blank is no value."""
    known = {field.name: field for field in FORMS[action]}
    problems = []
    for name, value in payload.items():
        if name == ASSIGNMENT and isinstance(value, str | None):
            continue
        field = known.get(name)
        if field is None:
            problems.append(FieldProblem(name, "field_unknown"))
        elif value is not None and value != "" and (code := _wrong(field, value)):
            problems.append(FieldProblem(name, code, {"max_length": MOST_TEXT}))
    return problems


def _wrong(field: FormField, value: Any) -> str | None:
    match field.kind:
        case "text":
            if not isinstance(value, str):
                return "field_invalid"
            return "field_too_long" if len(value) > MOST_TEXT else None
        case "choice":
            return None if value in field.choices else "field_choice"
        case "bool":
            return None if isinstance(value, bool) else "field_invalid"
        case "number":
            return None if isinstance(value, int | float) and not isinstance(value, bool) else "field_invalid"
        case "datetime":
            return None if instant(value) is not None else "field_invalid"
        case "units":
            is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
            return None if is_list else "field_invalid"
        case "object":
            return None if isinstance(value, dict) else "field_invalid"
        case "unit" | "crew":
            return None if isinstance(value, str) else "field_invalid"


def instant(value: Any) -> datetime | None:
    """An ISO 8601 instant with its offset, in UTC, else None."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):  # in UTC there is no such year
        return None
