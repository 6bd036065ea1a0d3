"""The fields an action must bring (the tables of DOMAIN §2.3 and §2.4), each with the code of what is wrong.

A payload is the parsed request: text is str, flags are bool, enums are their values. A rule looks at the
whole payload, because some fields depend on others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from hotline.cases.model import Channel, RejectCode, RepairClass, RequestType, SurveyExempt, Urgency
from hotline.cases.sla import SLA_POLICIES
from hotline.cases.transition import AnyRow, Transition
from hotline.errors import FieldProblem

Payload = Mapping[str, Any]
Rule = Callable[[Payload], str | None]
"""None, or the code of what is wrong with the field it is named for."""

MIN_CONTENT = 6
MIN_NARRATIVE = 15
_SHORTEST = {"content": MIN_CONTENT, "narrative": MIN_NARRATIVE}
ARRIVAL_RADIUS_M = 150


class ResultCode(StrEnum):
    """How a job ended (§8.4)."""

    FIXED = "fixed"
    TEMP_FIXED = "temp_fixed"
    NO_FAULT = "no_fault"
    NEED_PARTS = "need_parts"
    NEED_DIG = "need_dig"
    NO_ACCESS = "no_access"
    NOT_OURS = "not_ours"
    REFUSED = "refused"


class CancelReason(StrEnum):
    """Why a case is struck (§2.3 C20)."""

    FALSE_REPORT = "false_report"
    DUPLICATE = "duplicate"
    HARASSMENT = "harassment"
    TEST = "test"


class ReworkGround(StrEnum):
    """What the requester's justified dissatisfaction is about (§2.3 C16)."""

    RESULT = "result"
    TIMELINESS = "timeliness"
    ATTITUDE = "attitude"
    FEE = "fee"
    POLICY = "policy"


class DispatchBasis(StrEnum):
    """By the catalogue of responsibilities, or by a person's judgement (§2.3 C7)."""

    CATALOGUE = "catalogue"
    MANUAL = "manual"


class BlockReason(StrEnum):
    """Why a visit cannot go on (§2.4 T5)."""

    NEED_PARTS = "need_parts"
    NEED_SHUTOFF = "need_shutoff"
    NEED_DIG_PERMIT = "need_dig_permit"
    NOBODY_HOME = "nobody_home"
    NOT_OURS = "not_ours"


class UserConfirmation(StrEnum):
    """How the requester confirmed a visit (§2.4 T4)."""

    SIGNATURE = "signature"
    CODE = "code"
    VOICE = "voice"
    NOBODY_HOME = "nobody_home"


def missing_fields(rows: Iterable[AnyRow] | AnyRow, payload: Payload) -> list[FieldProblem]:
    """Every field the rows require and the payload lacks or has wrong, once each, in the rows' order."""
    wanted = [rows] if isinstance(rows, Transition) else list(rows)
    names = dict.fromkeys(name for row in wanted for name in row.required)
    return [FieldProblem(name, code, _params(name, code)) for name in names if (code := RULES[name](payload))]


def _params(name: str, code: str) -> dict[str, int]:
    return {"min_length": _SHORTEST[name]} if code == "field_too_short" else {}


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _given(name: str) -> Rule:
    return lambda payload: "field_missing" if _is_blank(payload.get(name)) else None


def _one_of(name: str, words: Iterable[str]) -> Rule:
    allowed = frozenset(words)

    def rule(payload: Payload) -> str | None:
        value = payload.get(name)
        if _is_blank(value):
            return "field_missing"
        return None if value in allowed else "field_choice"

    return rule


def _text(name: str) -> Rule:
    def rule(payload: Payload) -> str | None:
        value = payload.get(name)
        if not isinstance(value, str) or not value.strip():
            return "field_missing"
        return None if len(value.strip()) >= _SHORTEST[name] else "field_too_short"

    return rule


def _answered(name: str) -> Rule:
    return lambda payload: None if isinstance(payload.get(name), bool) else "field_missing"


def _confirmed(name: str) -> Rule:
    return lambda payload: None if payload.get(name) is True else "field_must_be_confirmed"


def _any_of(*names: str) -> Rule:
    return lambda payload: "field_missing" if all(_is_blank(payload.get(name)) for name in names) else None


def _contact(payload: Payload) -> str | None:
    if payload.get("anonymous") is True or not _is_blank(payload.get("contact")):
        return None
    return "field_required_unless_anonymous"


def _kb_ref(payload: Payload) -> str | None:
    cites = payload.get("cites_knowledge") is True
    return "field_missing" if cites and _is_blank(payload.get("kb_ref")) else None


def _sla(payload: Payload) -> str | None:
    size, code = payload.get("repair_class"), payload.get("sla_class")
    if _is_blank(size) and _is_blank(code):
        return "field_missing"
    if not _is_blank(size) and size not in frozenset(RepairClass):
        return "field_choice"
    return "field_choice" if not _is_blank(code) and code not in SLA_POLICIES else None


def _photos(payload: Payload) -> str | None:
    """§8.4: of a public facility one before and one after at least; inside a home none is owed."""
    if payload.get("public_facility") is not True:
        return None
    photos = payload.get("photos") or {}
    return None if photos.get("before") and photos.get("after") else "field_before_and_after"


def _labor_fee(payload: Payload) -> str | None:
    fee = payload.get("labor_fee")
    if _is_blank(fee):
        return "field_missing"
    return None if fee == 0 else "field_must_be_zero"


def _survey(payload: Payload) -> str | None:
    if payload.get("survey"):
        return None
    exempt = payload.get("exempt_code")
    if _is_blank(exempt):
        return "field_survey_or_exemption"
    return None if exempt in frozenset(SurveyExempt) else "field_choice"


def _evidence_photos(payload: Payload) -> str | None:
    return None if payload.get("photos") else "field_missing"


def _arrival_position(payload: Payload) -> str | None:
    """§2.4 T3: within 150 m of the place, or a reason and a photo."""
    distance = payload.get("distance_m")
    if isinstance(distance, int | float) and distance <= ARRIVAL_RADIUS_M:
        return None
    explained = not _is_blank(payload.get("reason")) and payload.get("photos")
    return None if explained else "field_reason_and_photo"


RULES: Mapping[str, Rule] = {
    "channel": _one_of("channel", Channel),
    "request_type": _one_of("request_type", RequestType),
    "content": _text("content"),
    "contact": _contact,
    "place": _any_of("address", "location"),
    "answer_text": _given("answer_text"),
    "kb_ref": _kb_ref,
    "user_confirmed": _confirmed("user_confirmed"),
    "reject_code": _one_of("reject_code", RejectCode),
    "guidance": _given("guidance"),
    "collector_id": _given("collector_id"),
    "verify_due": _given("verify_due"),
    "evidence_photos": _evidence_photos,
    "result": _given("result"),
    "position": _given("position"),
    "category": _given("category"),
    "urgency": _one_of("urgency", Urgency),
    "sla": _sla,
    "lead_unit": _given("lead_unit"),
    "sla_policy": _one_of("sla_policy", SLA_POLICIES),
    "due_at": _given("due_at"),
    "dispatch_basis": _one_of("dispatch_basis", DispatchBasis),
    "reason": _given("reason"),
    "suspend_reason": _given("suspend_reason"),
    "expected_resume": _given("expected_resume"),
    "evidence": _given("evidence"),
    "requester_informed": _answered("requester_informed"),
    "defect_code": _given("defect_code"),
    "check_result": _given("check_result"),
    "survey": _survey,
    "rework_ground": _one_of("rework_ground", ReworkGround),
    "rework_request": _given("rework_request"),
    "attachments_complete": _confirmed("attachments_complete"),
    "recordings_linked": _confirmed("recordings_linked"),
    "master_case": _given("master_case"),
    "similarity": _given("similarity"),
    "cancel_reason": _one_of("cancel_reason", CancelReason),
    "sign_user": _given("sign_user"),
    "reason_code": _given("reason_code"),
    "legal_basis": _given("legal_basis"),
    "suggested_unit": _given("suggested_unit"),
    "return_id": _given("return_id"),
    "decision": _given("decision"),
    "worker": _any_of("crew_id", "handler_id"),
    "result_code": _one_of("result_code", ResultCode),
    "narrative": _text("narrative"),
    "photos": _photos,
    "contacted_user": _answered("contacted_user"),
    "labor_fee": _labor_fee,
    "crew_id": _given("crew_id"),
    "skill": _given("skill"),
    "eta": _given("eta"),
    "decline_reason": _given("decline_reason"),
    "arrival_position": _arrival_position,
    "user_confirmation": _one_of("user_confirmation", UserConfirmation),
    "block_reason": _one_of("block_reason", BlockReason),
}
