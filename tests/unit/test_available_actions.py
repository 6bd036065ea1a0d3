"""Who may press which button when (DOMAIN §2.3, §2.4)."""

from __future__ import annotations

from typing import TypeAlias

from hotline.cases.available_actions import (
    available_actions,
    is_permitted,
    role_capabilities,
)
from hotline.cases.model import (
    AssignmentFacts,
    AssignmentRole,
    AssignmentState,
    CaseFacts,
    CaseState,
    TaskState,
    Urgency,
)
from hotline.cases.transition import Action

A: TypeAlias = AssignmentState
C: TypeAlias = CaseState
T: TypeAlias = TaskState
LEAD, CO = AssignmentRole.LEAD, AssignmentRole.CO


def assignment(state: A, role: AssignmentRole = LEAD, number: int = 1) -> AssignmentFacts:
    return AssignmentFacts(f"a{number}", f"u{number}", role, state)


class TestPermission:
    def test_the_table_grants_each_role_its_capabilities(self) -> None:
        granted = role_capabilities()
        assert {"case.register", "case.accept", "case.direct_answer"} <= granted["agent"]
        assert {"case.sign", "case.sign.urgent", "case.start_work", "case.report"} <= granted["unit_clerk"]
        assert "case.close" in granted["survey_agent"]
        assert "case.reject_acceptance.confirm" in granted["shift_lead"]

    def test_an_urgent_return_is_the_deputys_not_the_clerks(self) -> None:
        granted = role_capabilities()
        clerk, deputy = granted["unit_clerk"], granted["unit_hotline_deputy"]
        assert is_permitted(Action.REQUEST_RETURN, Urgency.N, clerk)
        assert not is_permitted(Action.REQUEST_RETURN, Urgency.E0, clerk)
        assert is_permitted(Action.REQUEST_RETURN, Urgency.E0, deputy)

    def test_in_danger_the_captain_may_sign(self) -> None:
        captain = role_capabilities()["crew_captain"]
        assert is_permitted(Action.SIGN, Urgency.E0, captain)
        assert not is_permitted(Action.SIGN, Urgency.N, captain)

    def choices(self, case: CaseFacts, role: str, actor: str | None = None) -> dict[str, str | None]:
        units = [assignment(A.SENT)] if case.state is C.DISPATCHED else [assignment(A.PASSED)]
        found = available_actions(case, units, role_capabilities()[role], actor_id=actor)
        return {str(choice.action): choice.reason for choice in found}

    def test_each_button_is_allowed_or_says_why_not(self) -> None:
        buttons = self.choices(CaseFacts(C.DISPATCHED), "unit_clerk")
        assert buttons["sign"] is None
        assert buttons["report"] == "wrong_state"
        assert buttons["close"] == "not_permitted"

    def test_nobody_asks_the_requester_about_a_case_of_their_own(self) -> None:
        case = CaseFacts(C.SURVEYING, registered_by="ann")
        assert self.choices(case, "survey_agent", "ann")["close"] == "own_case"
        assert self.choices(case, "survey_agent", "bob")["close"] is None

    def test_what_an_agent_proposes_the_shift_lead_confirms(self) -> None:
        granted = role_capabilities()
        for role, confirm in [("agent", ("shift_lead",)), ("shift_lead", ())]:
            found = available_actions(CaseFacts(C.REGISTERED), [], granted[role])
            reject = next(choice for choice in found if choice.action is Action.REJECT_ACCEPTANCE)
            assert reject.allowed
            assert reject.confirm_roles == confirm
