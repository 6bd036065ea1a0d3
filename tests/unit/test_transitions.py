"""The three layers and their one transition table (DOMAIN §2.2-§2.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import pytest

from hotline.cases.model import (
    AssignmentFacts,
    AssignmentRole,
    AssignmentState,
    CaseFacts,
    CaseState,
    DeadlineType,
    IllegalTransition,
    SurveyExempt,
    TaskFacts,
    TaskState,
)
from hotline.cases.transition import Action
from hotline.cases.transitions import (
    advance,
    fold_assignments,
    next_assignment_state,
    next_state,
    next_task_state,
)

A: TypeAlias = AssignmentState
C: TypeAlias = CaseState
T: TypeAlias = TaskState
LEAD, CO = AssignmentRole.LEAD, AssignmentRole.CO


def assignment(state: A, role: AssignmentRole = LEAD, number: int = 1) -> AssignmentFacts:
    return AssignmentFacts(f"a{number}", f"u{number}", role, state)


def refusal(case: CaseFacts, assignments: list[AssignmentFacts], action: Action, *on: str) -> str:
    with pytest.raises(IllegalTransition) as refused:
        advance(case, assignments, [], action, on=on)
    return str(refused.value.params["reason"])


class TestTheThinSlice:
    def test_from_registration_to_close(self) -> None:
        case = CaseFacts(next_state(None, [], Action.REGISTER), notified=True)
        units = [assignment(A.SENT)]
        visits = [TaskFacts("t1", "a1", "crew", T.OFFERED)]
        seen: list[str] = [case.state]
        codes: list[str] = []
        for action, on in [
            (Action.ACCEPT, ()),
            (Action.DISPATCH, ()),
            (Action.SIGN, ("a1",)),
            (Action.START_WORK, ("a1",)),
            (Action.REPORT, ("a1",)),
            (Action.SEND_CHECK, ()),
            (Action.PASS, ()),
            (Action.CLOSE, ()),
            (Action.ARCHIVE, ()),
        ]:
            present = [] if action is Action.ACCEPT else units
            step = advance(case, present, visits, action, on=on)
            case = replace(case, state=step.case)
            units, visits = list(step.assignments) or units, list(step.tasks)
            seen.append(case.state)
            codes += [row.code for row in step.rows]
        assert seen == [
            *("registered", "accepted", "dispatched", "dispatched", "handling", "reported"),
            *("checking", "surveying", "closed", "archived"),
        ]
        assert codes == ["C6", "C7", "A1", "A4", "C8", "A5", "T6", "C11", "C12", "A5", "C14", "C15", "C18"]
        assert visits[0].state is T.DONE

    def test_an_answer_on_the_spot_closes_at_once(self) -> None:
        told = CaseFacts(C.REGISTERED, notified=True)
        assert next_state(told, [], Action.DIRECT_ANSWER) is C.CLOSED

    @pytest.mark.parametrize("state", [C.REPORTED, C.CHECKING])
    def test_a_failed_check_sends_the_unit_back_to_work(self, state: C) -> None:
        step = advance(CaseFacts(state), [assignment(A.REPORTED)], [], Action.REWORK_AFTER_CHECK)
        assert (step.case, step.assignments[0].state) == (C.HANDLING, A.REWORK)
        again = advance(CaseFacts(step.case), step.assignments, [], Action.START_WORK, on=["a1"])
        assert (again.case, again.assignments[0].state) == (C.HANDLING, A.IN_PROGRESS)

    def test_justified_dissatisfaction_sends_it_back_too(self) -> None:
        step = advance(CaseFacts(C.SURVEYING), [assignment(A.PASSED)], [], Action.REWORK_AFTER_SURVEY)
        assert (step.case, step.assignments[0].state) == (C.HANDLING, A.REWORK)

    def test_merging_ends_the_units_work_and_their_visits(self) -> None:
        visit = TaskFacts("t1", "a1", "crew", T.EN_ROUTE)
        step = advance(CaseFacts(C.HANDLING), [assignment(A.IN_PROGRESS)], [visit], Action.MERGE)
        assert (step.case, step.assignments[0].state, step.tasks[0].state) == (
            *(C.MERGED, A.WITHDRAWN, T.CANCELLED),
        )


class TestClosingNeedsAnAnswer:
    def test_without_notice_or_exemption_a_case_does_not_close(self) -> None:
        case = CaseFacts(C.SURVEYING)
        assert refusal(case, [assignment(A.PASSED)], Action.CLOSE) == "no_notice"

    def test_nor_by_a_direct_answer(self) -> None:
        assert refusal(CaseFacts(C.REGISTERED), [], Action.DIRECT_ANSWER) == "no_notice"

    def test_e15_an_anonymous_case_closes_on_its_exemption(self) -> None:
        case = CaseFacts(C.SURVEYING, exempt_code=SurveyExempt.ANONYMOUS)
        assert next_state(case, [assignment(A.PASSED)], Action.CLOSE) is C.CLOSED


class TestSeveralUnits:
    @pytest.mark.parametrize(
        ("lead", "co", "state"),
        [
            (A.SENT, A.SENT, C.DISPATCHED),
            (A.SIGNED, A.SENT, C.DISPATCHED),
            (A.SENT, A.IN_PROGRESS, C.HANDLING),
            (A.REPORTED, A.IN_PROGRESS, C.HANDLING),
            (A.REPORTED, A.SENT, C.HANDLING),
            (A.REPORTED, A.REPORTED, C.REPORTED),
            (A.REPORTED, A.PASSED, C.REPORTED),
            (A.PASSED, A.REWORK, C.HANDLING),
            (A.REPORTED, A.RETURNED, C.REPORTED),
            (A.RETURN_REQUESTED, A.SENT, C.DISPATCHED),
            (A.RETURNED, A.IN_PROGRESS, C.ACCEPTED),
            (A.WITHDRAWN, A.SENT, C.ACCEPTED),
        ],
    )
    def test_the_case_is_folded_from_its_assignments(self, lead: A, co: A, state: C) -> None:
        assert fold_assignments([assignment(lead), assignment(co, CO, 2)]) is state

    def test_one_report_of_two_leaves_the_case_in_hand(self) -> None:
        units = [assignment(A.IN_PROGRESS), assignment(A.IN_PROGRESS, CO, 2)]
        step = advance(CaseFacts(C.HANDLING), units, [], Action.REPORT, on=["a2"])
        assert step.case is C.HANDLING
        assert (
            advance(CaseFacts(step.case), step.assignments, [], Action.REPORT, on=["a1"]).case is C.REPORTED
        )

    def test_the_leads_return_sends_the_case_back_to_be_dispatched(self) -> None:
        step = advance(
            CaseFacts(C.DISPATCHED), [assignment(A.RETURN_REQUESTED)], [], Action.APPROVE_RETURN, on=["a1"]
        )
        assert step.case is C.ACCEPTED
        assert [row.code for row in step.rows] == ["A3", "C9"]

    @pytest.mark.parametrize("lead", [A.SENT, A.SIGNED, A.IN_PROGRESS, A.REPORTED])
    def test_a_co_units_return_never_does(self, lead: A) -> None:
        units = [assignment(lead), assignment(A.RETURN_REQUESTED, CO, 2)]
        before = fold_assignments(units)
        step = advance(CaseFacts(before), units, [], Action.APPROVE_RETURN, on=["a2"])
        assert step.case is not C.ACCEPTED
        assert "C9" not in [row.code for row in step.rows]

    def test_the_last_outstanding_co_unit_leaving_completes_the_report(self) -> None:
        units = [assignment(A.REPORTED), assignment(A.RETURN_REQUESTED, CO, 2)]
        step = advance(CaseFacts(C.HANDLING), units, [], Action.APPROVE_RETURN, on=["a2"])
        assert step.case is C.REPORTED
        assert DeadlineType.REVIEW in step.rows[-1].clocks.starts

    def test_a_co_unit_works_on_while_a_new_lead_is_found(self) -> None:
        units = [assignment(A.RETURNED), assignment(A.IN_PROGRESS, CO, 2)]
        step = advance(CaseFacts(C.ACCEPTED), units, [], Action.REPORT, on=["a2"])
        assert step.case is C.ACCEPTED
        found = [*step.assignments, assignment(A.SENT, LEAD, 3)]
        assert advance(CaseFacts(step.case), found, [], Action.DISPATCH).case is C.HANDLING


class TestRefusals:
    def test_two_leads_at_once(self) -> None:
        units = [assignment(A.SENT), assignment(A.SENT, LEAD, 2)]
        assert refusal(CaseFacts(C.ACCEPTED), units, Action.DISPATCH) == "two_leads"

    def test_a_dispatch_without_a_lead(self) -> None:
        assert refusal(CaseFacts(C.ACCEPTED), [assignment(A.SENT, CO)], Action.DISPATCH) == "no_lead"

    def test_passing_while_a_unit_still_owes_its_report(self) -> None:
        units = [assignment(A.REPORTED), assignment(A.IN_PROGRESS, CO, 2)]
        assert refusal(CaseFacts(C.CHECKING), units, Action.PASS) == "not_all_passed"

    def test_a_rework_of_a_case_no_unit_worked_on(self) -> None:
        assert refusal(CaseFacts(C.CLOSED, notified=True), [], Action.REOPEN) == "nothing_to_rework"

    def test_a_second_return_by_the_same_unit(self) -> None:
        once = replace(assignment(A.SIGNED), return_requests=1)
        assert refusal(CaseFacts(C.DISPATCHED), [once], Action.REQUEST_RETURN, "a1") == "return_used"

    def test_a_unit_action_that_names_no_assignment(self) -> None:
        units = [assignment(A.SENT)]
        assert refusal(CaseFacts(C.DISPATCHED), units, Action.SIGN) == "no_assignment_named"

    def test_an_assignment_of_another_case(self) -> None:
        units = [assignment(A.SENT)]
        assert refusal(CaseFacts(C.DISPATCHED), units, Action.SIGN, "a9") == "unknown_assignment"

    def test_a_unit_reporting_while_the_case_is_suspended(self) -> None:
        units = [assignment(A.IN_PROGRESS)]
        assert refusal(CaseFacts(C.SUSPENDED), units, Action.REPORT, "a1") == "wrong_state"

    def test_a_case_that_does_not_exist_yet(self) -> None:
        with pytest.raises(IllegalTransition):
            next_state(None, [], Action.ACCEPT)

    def test_the_refusal_says_where_it_stood(self) -> None:
        with pytest.raises(IllegalTransition) as refused:
            next_assignment_state(assignment(A.REPORTED), Action.SIGN, C.REPORTED)
        assert refused.value.status == 409
        assert refused.value.params == {
            "layer": "assignment",
            "action": "sign",
            "state": "reported",
            "reason": "wrong_state",
        }


class TestVisits:
    def test_a_visit_from_offer_to_done(self) -> None:
        visit, states = None, []
        for action in [
            *(Action.OFFER_TASK, Action.ACCEPT_TASK, Action.DEPART, Action.ARRIVE, Action.BEGIN_TASK),
            *(Action.BLOCK_TASK, Action.UNBLOCK_TASK, Action.FINISH_TASK),
        ]:
            state = next_task_state(visit, action, A.IN_PROGRESS)
            visit = TaskFacts("t1", "a1", "crew", state)
            states.append(str(state))
        assert states == [
            "offered",
            "accepted",
            "en_route",
            "arrived",
            "working",
            "blocked",
            "working",
            "done",
        ]

    def test_no_crew_sets_out_before_its_unit_signed(self) -> None:
        with pytest.raises(IllegalTransition):
            next_task_state(None, Action.OFFER_TASK, A.SENT)

    def test_a_declined_offer_stays_declined(self) -> None:
        declined = TaskFacts("t1", "a1", "crew", T.DECLINED)
        with pytest.raises(IllegalTransition):
            next_task_state(declined, Action.ACCEPT_TASK, A.SIGNED)
