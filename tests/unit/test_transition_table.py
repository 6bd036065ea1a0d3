"""The table itself against the rows of the specification (DOMAIN §2.3, §2.4)."""

from __future__ import annotations

from typing import TypeAlias

import pytest

from hotline.cases.available_actions import (
    ALL_ROWS,
)
from hotline.cases.case_rows import CASE_TRANSITIONS
from hotline.cases.model import (
    FINAL_CASE_STATES,
    AssignmentRole,
    AssignmentState,
    CaseState,
    DeadlineType,
    TaskState,
)
from hotline.cases.required_fields import RULES
from hotline.cases.transition import Action
from hotline.cases.transitions import (
    FOLDED_ACTIONS,
)
from hotline.cases.unit_rows import ASSIGNMENT_TRANSITIONS, TASK_TRANSITIONS

A: TypeAlias = AssignmentState
C: TypeAlias = CaseState
T: TypeAlias = TaskState
LEAD, CO = AssignmentRole.LEAD, AssignmentRole.CO


class TestTheTable:
    def test_it_has_every_row_of_the_specification(self) -> None:
        assert {row.code for row in CASE_TRANSITIONS} == {f"C{n}" for n in range(1, 21)}
        stated = {row.code for row in ASSIGNMENT_TRANSITIONS if not row.ours}
        stated |= {row.code for row in TASK_TRANSITIONS if not row.ours}
        assert stated == {f"A{n}" for n in range(1, 6)} | {f"T{n}" for n in range(1, 6)}

    @pytest.mark.parametrize(
        ("code", "steps"),
        [
            ("C1", {("", "registered")}),
            ("C2", {("registered", "closed")}),
            ("C3", {("registered", "rejected")}),
            ("C4", {("registered", "verifying")}),
            ("C5", {("verifying", "accepted"), ("verifying", "rejected")}),
            ("C6", {("registered", "accepted")}),
            ("C7", {("accepted", "dispatched")}),
            ("C8", {("dispatched", "handling")}),
            ("C9", {("dispatched", "accepted"), ("handling", "accepted")}),
            ("C10", {("handling", "suspended"), ("suspended", "handling")}),
            ("C11", {("handling", "reported")}),
            ("C12", {("reported", "checking")}),
            ("C13", {("checking", "handling"), ("reported", "handling")}),
            ("C14", {("checking", "surveying"), ("reported", "surveying")}),
            ("C15", {("surveying", "closed")}),
            ("C16", {("surveying", "handling")}),
            ("C17", {("closed", "handling")}),
            ("C18", {("closed", "archived")}),
            ("C20", {("registered", "cancelled"), ("accepted", "cancelled")}),
        ],
    )
    def test_case_rows_go_where_the_specification_says(self, code: str, steps: set[tuple[str, str]]) -> None:
        rows = [row for row in CASE_TRANSITIONS if row.code == code and not row.ours]
        found = {(str(source), str(row.target)) for row in rows for source in row.sources or ("",)}
        assert found == steps

    def test_a_case_can_be_merged_from_every_state_that_is_not_final(self) -> None:
        merge = next(row for row in CASE_TRANSITIONS if row.code == "C19")
        assert set(merge.sources) == set(CaseState) - FINAL_CASE_STATES

    def test_every_required_field_has_its_rule(self) -> None:
        assert {name for row in ALL_ROWS for name in row.required} == set(RULES)

    def test_an_action_leads_from_a_state_to_one_place_unless_it_is_folded(self) -> None:
        for action in set(Action) - FOLDED_ACTIONS:
            for state in CaseState:
                targets = [r for r in CASE_TRANSITIONS if r.action is action and state in r.sources]
                assert len(targets) <= 1, (action, state)

    def test_every_state_is_reached_and_none_is_dead(self) -> None:
        case_targets = {row.target for row in CASE_TRANSITIONS}
        case_sources = {state for row in CASE_TRANSITIONS for state in row.sources}
        assert case_targets == set(CaseState)
        assert case_sources >= (set(CaseState) - FINAL_CASE_STATES) | {C.CLOSED}
        unit_targets = {row.target for row in ASSIGNMENT_TRANSITIONS} | {A.SENT}
        unit_sources = {state for row in ASSIGNMENT_TRANSITIONS for state in row.sources}
        assert unit_targets == set(AssignmentState)
        assert unit_sources == set(AssignmentState) - {A.RETURNED, A.WITHDRAWN}
        task_sources = {state for row in TASK_TRANSITIONS for state in row.sources}
        assert {row.target for row in TASK_TRANSITIONS} == set(TaskState)
        assert task_sources == set(TaskState) - {T.DECLINED, T.EXPIRED, T.DONE, T.CANCELLED}

    def test_every_clock_that_starts_is_met_or_stopped_somewhere(self) -> None:
        started = {clock for row in ALL_ROWS for clock in row.clocks.starts}
        ended = {clock for row in ALL_ROWS for clock in row.clocks.meets}
        assert started - ended <= {DeadlineType.CONTACT}

    def test_only_the_finish_clock_is_paused(self) -> None:
        assert {clock for row in ALL_ROWS for clock in row.clocks.pauses} == {DeadlineType.FINISH}
