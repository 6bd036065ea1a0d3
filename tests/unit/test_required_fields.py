"""What each action must bring, and how a wrong field is named (DOMAIN §2.3, §2.4, §8.4)."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.cases.available_actions import ALL_ROWS
from hotline.cases.required_fields import missing_fields

GOOD: dict[str, dict[str, Any]] = {
    "C1": {
        "channel": "web",
        "request_type": "help",
        "content": "小区停水一天了",
        "contact": "13800000000",
        "address": "人民路 1 号",
    },
    "C2": {"answer_text": "恢复供水时间是晚上八点", "user_confirmed": True},
    "C3": {"reject_code": "R6", "guidance": "请拨打 12345"},
    "C6": {"category": "WS-01-02", "address": "人民路 1 号", "urgency": "N", "sla_class": "HH6"},
    "C7": {
        "lead_unit": "U-WS",
        "sla_policy": "HH6",
        "due_at": "2026-11-22T12:00Z",
        "dispatch_basis": "catalogue",
    },
    "C13": {"defect_code": "not_done", "evidence": ["p1"]},
    "C14": {"check_result": "ok"},
    "C15": {"survey": {"score": 5}},
    "C16": {"rework_ground": "result", "rework_request": "再去一次"},
    "C20": {"cancel_reason": "duplicate"},
    "A1": {"sign_user": "u-1"},
    "A2": {"reason_code": "not_ours", "legal_basis": "三定方案", "suggested_unit": "U-DR"},
    "A4": {"handler_id": "u-1"},
    "A5": {
        "result_code": "fixed",
        "narrative": "已更换楼前阀门,水压恢复正常,请用户确认",
        "contacted_user": True,
        "labor_fee": 0,
    },
    "T3": {"distance_m": 149},
}


def problems(code: str, payload: dict[str, Any]) -> dict[str, str]:
    rows = [row for row in ALL_ROWS if row.code == code and not row.ours]
    return {p.field: p.code for row in rows for p in missing_fields(row, payload)}


@pytest.mark.parametrize("code", sorted(GOOD))
def test_a_complete_payload_has_no_problem(code: str) -> None:
    assert problems(code, GOOD[code]) == {}


@pytest.mark.parametrize(
    ("code", "change", "expected"),
    [
        ("C1", {"content": "停水"}, {"content": "field_too_short"}),
        ("C1", {"content": "  停水了  "}, {"content": "field_too_short"}),
        ("C1", {"content": " "}, {"content": "field_missing"}),
        ("C1", {"contact": None}, {"contact": "field_required_unless_anonymous"}),
        ("C1", {"contact": None, "anonymous": True}, {}),
        ("C1", {"address": None}, {"place": "field_missing"}),
        ("C1", {"address": None, "location": [115.03, 35.76]}, {}),
        (
            "C1",
            {"channel": "fax", "request_type": "求助"},
            {"channel": "field_choice", "request_type": "field_choice"},
        ),
        ("C2", {"user_confirmed": False}, {"user_confirmed": "field_must_be_confirmed"}),
        ("C2", {"cites_knowledge": True}, {"kb_ref": "field_missing"}),
        ("C2", {"cites_knowledge": True, "kb_ref": "kb-7"}, {}),
        (
            "C3",
            {"reject_code": "R9", "guidance": ""},
            {"reject_code": "field_choice", "guidance": "field_missing"},
        ),
        ("C6", {"sla_class": None}, {"sla": "field_missing"}),
        ("C6", {"sla_class": None, "repair_class": "minor"}, {}),
        ("C6", {"sla_class": "HH7"}, {"sla": "field_choice"}),
        ("C6", {"urgency": "E2"}, {"urgency": "field_choice"}),
        ("C7", {"dispatch_basis": None}, {"dispatch_basis": "field_missing"}),
        ("C15", {"survey": None}, {"survey": "field_survey_or_exemption"}),
        ("C15", {"survey": None, "exempt_code": "anonymous"}, {}),
        ("C15", {"survey": None, "exempt_code": "busy"}, {"survey": "field_choice"}),
        ("C16", {"rework_ground": "mood"}, {"rework_ground": "field_choice"}),
        ("A4", {"handler_id": None}, {"worker": "field_missing"}),
        ("A4", {"handler_id": None, "crew_id": "c-1"}, {}),
        ("A5", {"narrative": "修好了"}, {"narrative": "field_too_short"}),
        ("A5", {"labor_fee": 20}, {"labor_fee": "field_must_be_zero"}),
        ("A5", {"labor_fee": None}, {"labor_fee": "field_missing"}),
        ("A5", {"contacted_user": None}, {"contacted_user": "field_missing"}),
        ("A5", {"contacted_user": False}, {}),
        ("A5", {"public_facility": True, "photos": {"before": ["p1"]}}, {"photos": "field_before_and_after"}),
        ("A5", {"public_facility": True, "photos": {"before": ["p1"], "after": ["p2"]}}, {}),
        ("T3", {"distance_m": 150}, {}),
        ("T3", {"distance_m": 151}, {"arrival_position": "field_reason_and_photo"}),
        ("T3", {"distance_m": 151, "reason": "小区封闭", "photos": ["p1"]}, {}),
        ("T3", {"distance_m": None}, {"arrival_position": "field_reason_and_photo"}),
    ],
)
def test_each_rule(code: str, change: dict[str, Any], expected: dict[str, str]) -> None:
    assert problems(code, GOOD[code] | change) == expected


def test_a_text_too_short_says_how_long_it_must_be() -> None:
    register = next(row for row in ALL_ROWS if row.code == "C1")
    content = next(p for p in missing_fields(register, {"content": "x"}) if p.field == "content")
    assert content.params == {"min_length": 6}


def test_nothing_given_names_every_field_in_the_rows_order() -> None:
    register = next(row for row in ALL_ROWS if row.code == "C1")
    named = [problem.field for problem in missing_fields(register, {})]
    assert named == list(register.required)


def test_rows_that_ask_for_the_same_field_name_it_once() -> None:
    rows = [row for row in ALL_ROWS if "place" in row.required]
    assert [p.field for p in missing_fields(rows, {})].count("place") == 1
