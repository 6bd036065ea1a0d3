"""Routing, as its specification says: order, place, refusal, capacity, choice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hotline.queue.model import Priority
from hotline.queue.routing import (
    HEAD_START,
    REFUSAL_HOLDS,
    Agent,
    Waiting,
    choose,
    may_get,
    may_get_when_free,
    rank,
)

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
AGENTS = ["a", "b", "c", "d"]

instants = st.integers(0, 3600).map(lambda s: NOON - timedelta(seconds=s))
refusals = st.dictionaries(
    st.sampled_from(AGENTS), st.integers(-60, 60).map(lambda s: NOON + timedelta(seconds=s)), max_size=4
)


@st.composite
def lines(draw: st.DrawFn) -> list[Waiting]:
    count = draw(st.integers(0, 8))
    return [Waiting(f"i{n}", draw(instants), draw(refusals), draw(st.booleans())) for n in range(count)]


@st.composite
def teams(draw: st.DrawFn) -> list[Agent]:
    names = draw(st.lists(st.sampled_from(AGENTS), unique=True))
    return [
        Agent(
            name,
            draw(st.integers(0, 4)),
            draw(st.booleans()),
            draw(st.none() | instants),
            draw(st.booleans()),
        )
        for name in names
    ]


def place(item: Waiting) -> tuple[datetime, str]:
    return item.rank, item.id


@given(lines(), teams(), st.integers(1, 4))
def test_capacity_and_refusal_are_never_broken_and_nothing_is_offered_twice(
    line: list[Waiting], team: list[Agent], capacity: int
) -> None:
    items, agents = {i.id: i for i in line}, {a.id: a for a in team}
    offers = choose(line, team, capacity, NOON)
    assert all(may_get(agents[o.agent_id], items[o.item_id], capacity, NOON) for o in offers)
    assert len({o.item_id for o in offers}) == len({o.agent_id for o in offers}) == len(offers)


@given(lines(), teams(), st.integers(1, 4))
def test_no_agent_gets_an_offer_while_an_older_item_waits_that_the_agent_could_take(
    line: list[Waiting], team: list[Agent], capacity: int
) -> None:
    items, agents = {i.id: i for i in line}, {a.id: a for a in team}
    offers = choose(line, team, capacity, NOON)
    offered = {o.item_id for o in offers}
    for offer in offers:
        older = (i for i in line if place(i) < place(items[offer.item_id]) and i.id not in offered)
        assert not any(may_get(agents[offer.agent_id], i, capacity, NOON) for i in older)


@given(lines(), teams(), st.integers(1, 4))
def test_no_agent_is_left_idle_while_something_waits_that_the_agent_could_take(
    line: list[Waiting], team: list[Agent], capacity: int
) -> None:
    offers = choose(line, team, capacity, NOON)
    offered, asked = {o.item_id for o in offers}, {o.agent_id for o in offers}
    left = [i for i in line if i.id not in offered]
    idle = [a for a in team if a.id not in asked]
    for item in left:
        able = [a for a in idle if may_get(a, item, capacity, NOON)]
        # Each older call that was passed over may hold one of them, who could be rung but serves somebody.
        calls = [i for i in left if i.is_call and place(i) < place(item)]
        assert len(able) <= len(calls)
        assert all(any(a.serving and may_get_when_free(a, i, NOON) for i in calls) for a in able)


@given(lines(), teams(), st.integers(1, 4))
def test_the_order_in_which_things_are_listed_does_not_matter(
    line: list[Waiting], team: list[Agent], capacity: int
) -> None:
    expected = choose(line, team, capacity, NOON)
    assert choose(line[::-1], team[::-1], capacity, NOON) == expected


@given(instants, instants, st.sampled_from(Priority))
def test_within_a_class_the_order_is_the_order_of_arrival(
    one: datetime, other: datetime, priority: Priority
) -> None:
    assert (rank(one, priority) < rank(other, priority)) == (one < other)


@given(instants, st.sampled_from(Priority), st.sampled_from(Priority), st.integers(1, 3600))
def test_nobody_starves_what_comes_after_the_longest_head_start_goes_behind(
    since: datetime, mine: Priority, theirs: Priority, seconds: int
) -> None:
    late = since + max(HEAD_START.values()) - min(HEAD_START.values()) + timedelta(seconds=seconds)
    assert rank(since, mine) < rank(late, theirs)


def test_an_urgent_item_goes_before_normal_ones_that_have_not_waited_much_longer() -> None:
    urgent = rank(NOON, Priority.URGENT)
    assert urgent < rank(NOON - timedelta(minutes=9), Priority.NORMAL)
    assert urgent > rank(NOON - timedelta(minutes=11), Priority.NORMAL)


@given(st.lists(st.integers(0, 600), min_size=1, max_size=8), st.lists(st.booleans(), max_size=40))
def test_an_item_is_offered_at_last_whoever_refuses_and_its_place_is_kept(
    arrivals: list[int], refusing: list[bool]
) -> None:
    """One agent who serves one at a time, and who may refuse every offer but the last ones."""
    line = {f"i{n}": Waiting(f"i{n}", NOON - timedelta(seconds=s)) for n, s in enumerate(arrivals)}
    ranks = {item.id: item.rank for item in line.values()}
    now, answers, served = NOON, iter(refusing), []
    while line:
        offers = choose(list(line.values()), [Agent("a")], 1, now)
        if not offers:
            now += REFUSAL_HOLDS
            continue
        item = line[offers[0].item_id]
        assert item.rank == ranks[item.id]
        if next(answers, False):
            line[item.id] = Waiting(item.id, item.rank, {"a": now + REFUSAL_HOLDS})
        else:
            served.append(line.pop(item.id).id)
    assert sorted(served) == sorted(ranks)


def test_after_a_refusal_another_agent_gets_it_before_everything_that_came_later() -> None:
    refused = Waiting("old", NOON - timedelta(seconds=60), {"a": NOON + timedelta(seconds=1)})
    later = Waiting("young", NOON - timedelta(seconds=5))
    offers = choose([later, refused], [Agent("a"), Agent("b")], 3, NOON)
    assert {(o.item_id, o.agent_id) for o in offers} == {("old", "b"), ("young", "a")}


def test_the_agent_who_serves_fewest_is_asked_then_the_one_asked_longest_ago() -> None:
    item = Waiting("i", NOON)
    loaded = Agent("a", serving=2)
    just_asked = Agent("b", serving=1, last_offered_at=NOON)
    rested = Agent("c", serving=1, last_offered_at=NOON - timedelta(minutes=5))
    assert [o.agent_id for o in choose([item], [loaded, just_asked, rested], 3, NOON)] == ["c"]
    assert [o.agent_id for o in choose([item], [loaded, just_asked], 3, NOON)] == ["b"]


def test_a_call_goes_to_a_free_agent_with_a_telephone_and_to_nobody_else() -> None:
    call = Waiting("i", NOON, is_call=True)
    team = [Agent("a"), Agent("b", serving=1, has_phone=True)]
    assert choose([call], team, 3, NOON) == []
    assert [o.agent_id for o in choose([call], [*team, Agent("c", has_phone=True)], 3, NOON)] == ["c"]


def test_a_waiting_call_holds_one_agent_so_that_chats_do_not_go_before_it_for_ever() -> None:
    call = Waiting("call", NOON - timedelta(seconds=60), is_call=True)
    chats = [Waiting(f"chat{n}", NOON - timedelta(seconds=n)) for n in range(3)]
    team = [Agent("a", serving=1, has_phone=True), Agent("b", serving=2, has_phone=True)]
    offers = choose([*chats, call], team, 3, NOON)
    assert [(o.item_id, o.agent_id) for o in offers] == [("chat2", "b")]
