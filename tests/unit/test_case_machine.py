"""The whole state machine walked from end to end: every world that can come about is sound (DOMAIN §2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from hotline.cases.available_actions import (
    available_actions,
    capability,
)
from hotline.cases.case_rows import CASE_TRANSITIONS
from hotline.cases.model import (
    FINAL_CASE_STATES,
    AssignmentFacts,
    AssignmentRole,
    AssignmentState,
    CaseFacts,
    CaseState,
    IllegalTransition,
    TaskFacts,
    TaskState,
    at_most_one_lead,
    closed_has_answer,
)
from hotline.cases.transition import Action
from hotline.cases.transitions import (
    FOLDED_ACTIONS,
    TASK_ACTIONS,
    Step,
    advance,
    fold_assignments,
    next_task_state,
)

A: TypeAlias = AssignmentState
C: TypeAlias = CaseState
T: TypeAlias = TaskState
LEAD, CO = AssignmentRole.LEAD, AssignmentRole.CO


def assignment(state: A, role: AssignmentRole = LEAD, number: int = 1) -> AssignmentFacts:
    return AssignmentFacts(f"a{number}", f"u{number}", role, state)


@dataclass(frozen=True)
class World:
    """One case with all its layers, as a store would hold them."""

    case: CaseFacts
    assignments: tuple[AssignmentFacts, ...] = ()
    tasks: tuple[TaskFacts, ...] = ()

    def after(self, step: Step) -> World:
        return World(replace(self.case, state=step.case), step.assignments, step.tasks)


@dataclass(frozen=True)
class Move:
    """What somebody tries; ``guided`` people press one of the buttons they are offered."""

    action: Action
    guided: bool
    pick: int
    role: AssignmentRole
    notify: bool
    name_one: bool


moves = st.builds(
    Move,
    action=st.sampled_from(Action),
    guided=st.booleans(),
    pick=st.integers(0, 29),
    role=st.sampled_from([LEAD, LEAD, CO]),
    notify=st.booleans(),
    name_one=st.booleans(),
)
EVERYTHING = frozenset(capability(action) + suffix for action in Action for suffix in ("", ".urgent"))


def successors(world: World) -> Iterator[World]:
    """Every world one action away; a dispatch adds a lead, or a lead and a co-unit, up to three in all."""
    units = world.assignments
    for action in set(Action) - TASK_ACTIONS:
        new: list[tuple[AssignmentFacts, ...]] = [()]
        if action is Action.DISPATCH:
            lead = assignment(A.SENT, LEAD, len(units) + 1)
            new = [(lead,), (lead, assignment(A.SENT, CO, len(units) + 2))]
        for added in new:
            for on in [(), *((unit.id,) for unit in units)]:
                if len(units) + len(added) <= 3:
                    with suppress(IllegalTransition):
                        yield world.after(advance(world.case, (*units, *added), (), action, on=on))


@cache
def reachable() -> dict[World, frozenset[World]]:
    """Every world that can come about, with what can follow it: the whole machine, walked."""
    found: dict[World, frozenset[World]] = {}
    waiting = [
        World(CaseFacts(C.REGISTERED, notified=True)),
        World(CaseFacts(C.REGISTERED)),
    ]
    while waiting:
        world = waiting.pop()
        if world not in found:
            found[world] = frozenset(successors(world))
            waiting += found[world]
    return found


@cache
def every_world() -> list[World]:
    """The same as a list, in an order that never changes."""
    return sorted(reachable(), key=repr)


def assert_sound(world: World) -> None:
    """The invariants of §2.3, and the agreement of the three layers."""
    case, units = world.case, world.assignments
    assert closed_has_answer(case)
    assert at_most_one_lead(units)
    if case.state in (C.DISPATCHED, C.HANDLING, C.REPORTED):
        assert case.state is fold_assignments(units)
    if case.state is C.SURVEYING or case.state in FINAL_CASE_STATES:
        assert {a.state for a in units if a.is_effective} <= {A.PASSED}
    ended = {a.id for a in units if not a.is_effective or a.state in (A.REPORTED, A.PASSED)}
    assert not [task for task in world.tasks if task.is_open and task.assignment_id in ended]


def play(world: World, move: Move) -> World:
    """One action as a service would carry it out; the world is unchanged where the rules refuse."""
    action, pick = move.action, move.pick
    case = replace(world.case, notified=world.case.notified or move.notify)
    units = world.assignments
    offered = [choice for choice in available_actions(case, units, EVERYTHING) if choice.allowed]
    on = [units[pick % len(units)].id] if units and (move.name_one or action in FOLDED_ACTIONS) else []
    if move.guided and offered:
        action = offered[pick % len(offered)].action
        named = offered[pick % len(offered)].assignment_id
        on = [named] if named else on[:1] * (action is Action.REASSIGN)
    try:
        if action in TASK_ACTIONS:
            return replace(world, tasks=_play_task(world, action, pick))
        if action is Action.DISPATCH and len(units) < 6:
            units = (*units, assignment(A.SENT, move.role, len(units) + 1))
        on = [] if action is Action.DISPATCH else on
        step = advance(case, units, world.tasks, action, on=on)
    except IllegalTransition:
        return world
    assert bool([r for r in step.rows if r in CASE_TRANSITIONS]) or step.case is world.case.state
    return replace(world, case=case).after(step)


def _play_task(world: World, action: Action, pick: int) -> tuple[TaskFacts, ...]:
    if action is Action.OFFER_TASK:
        if not world.assignments or len(world.tasks) > 5:
            return world.tasks
        unit = world.assignments[pick % len(world.assignments)]
        state = next_task_state(None, action, unit.state)
        return (*world.tasks, TaskFacts(f"t{len(world.tasks)}", unit.id, "crew", state))
    if not world.tasks:
        return world.tasks
    place = pick % len(world.tasks)
    task = world.tasks[place]
    unit = next(a for a in world.assignments if a.id == task.assignment_id)
    moved = replace(task, state=next_task_state(task, action, unit.state))
    return (*world.tasks[:place], moved, *world.tasks[place + 1 :])


class TestTheWholeMachine:
    def test_every_state_of_every_case_comes_about(self) -> None:
        assert {world.case.state for world in reachable()} == set(CaseState)
        assert {unit.state for world in reachable() for unit in world.assignments} == set(AssignmentState)

    def test_every_world_is_sound(self) -> None:
        for world in reachable():
            assert_sound(world)

    def test_a_case_closed_without_notice_or_exemption_does_not_exist(self) -> None:
        silent = [world for world in reachable() if not world.case.notified]
        assert C.SURVEYING in {world.case.state for world in silent}
        assert C.CLOSED not in {world.case.state for world in silent}

    def test_every_open_case_can_still_be_brought_to_its_end(self) -> None:
        ends = {world for world in reachable() if world.case.state in FINAL_CASE_STATES}
        before: dict[World, set[World]] = {}
        for world, following in reachable().items():
            for later in following:
                before.setdefault(later, set()).add(world)
        waiting, saved = list(ends), set(ends)
        while waiting:
            for world in before.get(waiting.pop(), set()) - saved:
                saved.add(world)
                waiting.append(world)
        assert saved == set(reachable())

    def test_only_the_lead_leaving_sends_a_case_back(self) -> None:
        for world, following in reachable().items():
            for later in following:
                if later.case.state is C.ACCEPTED and world.case.state in (C.DISPATCHED, C.HANDLING):
                    assert not [u for u in later.assignments if u.is_effective and u.role is LEAD]

    def test_a_button_that_is_offered_works(self) -> None:
        for world in reachable():
            for choice in available_actions(world.case, world.assignments, EVERYTHING):
                needs_more = choice.action in (Action.DISPATCH, Action.REASSIGN, Action.REOPEN)
                silent_close = (
                    choice.action in (Action.CLOSE, Action.DIRECT_ANSWER) and not world.case.notified
                )
                if choice.allowed and not needs_more and not silent_close:
                    on = [choice.assignment_id] if choice.assignment_id else []
                    advance(world.case, world.assignments, world.tasks, choice.action, on=on)


class TestWhateverHappens:
    """Long random histories with crews' visits in them, legal and illegal attempts mixed."""

    @given(st.lists(moves, max_size=60))
    def test_the_invariants_hold_and_the_layers_agree(self, attempts: list[Move]) -> None:
        world = World(CaseFacts(C.REGISTERED))
        for move in attempts:
            world = play(world, move)
            assert_sound(world)

    @given(st.data(), st.lists(moves, max_size=20))
    def test_from_any_world_on(self, data: st.DataObject, attempts: list[Move]) -> None:
        world = data.draw(st.sampled_from(every_world()))
        for move in attempts:
            world = play(world, move)
            assert_sound(world)
