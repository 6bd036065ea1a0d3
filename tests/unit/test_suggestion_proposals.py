"""From what was read to values for the form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hotline.cases.filing import category_path
from hotline.cases.taxonomy import load_taxonomy
from hotline.dispatch.routing import Route
from hotline.ports.addresses import Address
from hotline.ports.classifier import Guess, Proposal
from hotline.suggestions.model import FieldName, Proposed, SourceKind, Utterance
from hotline.suggestions.nearby import group_of, is_same_place, metres
from hotline.suggestions.proposals import (
    WINDOW,
    Read,
    Unit,
    best_address,
    decided,
    proposals,
    recent,
)

TAXONOMY = load_taxonomy()
AT = datetime(2026, 11, 23, 1, tzinfo=UTC)
SINGLE, WHOLE_BLOCK = "WS-01-02", "WS-01-03"


def said(text: str, number: int = 0) -> Utterance:
    return Utterance(SourceKind.MESSAGE, f"m{number}", text, AT + timedelta(seconds=number))


def proposal(category: str = SINGLE, confidence: float = 0.9) -> Proposal:
    top = (Guess(category, confidence), Guess(WHOLE_BLOCK, 0.05))
    return Proposal(category, "help", "N", confidence, top, confidence < 0.6, "model-1")


def values(found: list[Proposed]) -> dict[str, str]:
    return {one.field.value: one.value for one in found}


def form(
    whole: Proposal | None, read: list[Read], rules: tuple[str, ...] = (), unit: Unit | None = None
) -> list[Proposed]:
    leaf = TAXONOMY.leaf(whole.category) if whole is not None else None
    label = category_path(TAXONOMY, leaf) if leaf is not None else []
    return proposals(whole, leaf, label, read, unit, rules)


def test_a_sure_category_fills_the_form_and_each_field_says_where_it_comes_from() -> None:
    hello, water = said("你好"), said("俺家没水了,建设路128号", 1)
    place = Address(6, 13, "建设路128号", road="建设路", number="128", known=True)
    read = [Read(hello, proposal("CS-01-01", 0.2), None), Read(water, proposal(), place)]
    found = form(proposal(), read, unit=Unit("u1", Route("U-WS", "default")))
    assert values(found) == {
        "address": "建设路128号",
        "category_code": SINGLE,
        "request_type": "help",
        "urgency": "N",
        "unit_id": "u1",
        "title": "建设路 单户停水",
    }
    by_field = {one.field: one for one in found}
    for name in FieldName:
        evidence = by_field[name].evidence
        assert evidence is not None
        assert (evidence.id, evidence.quote) == ("m1", water.text)
    address = by_field[FieldName.ADDRESS].evidence
    assert address is not None
    assert water.text[address.start : address.end] == "建设路128号"
    assert by_field[FieldName.UNIT_ID].reason["route"] == "default"
    assert by_field[FieldName.CATEGORY_CODE].reason["top"][0]["category_code"] == SINGLE


def test_nothing_follows_from_a_category_that_a_person_must_choose() -> None:
    found = form(proposal(confidence=0.4), [Read(said("水"), proposal(confidence=0.4), None)])
    assert values(found) == {"category_code": SINGLE}
    assert found[0].needs_human


def test_a_faint_category_is_not_worth_a_look() -> None:
    assert form(proposal(confidence=0.05), [Read(said("喂"), None, None)]) == []


def test_without_a_model_there_is_still_the_place() -> None:
    place = Address(0, 3, "建设路", road="建设路", known=True)
    assert values(form(None, [Read(said("建设路漏水"), None, place)])) == {"address": "建设路"}


def test_while_an_alarm_is_open_the_urgency_is_the_alarms() -> None:
    assert "urgency" not in values(form(proposal(), [Read(said("没水"), proposal(), None)], ("U1",)))


def test_the_whole_decides_where_it_is_sure_else_the_newest_sure_utterance() -> None:
    sure, unsure = proposal(WHOLE_BLOCK, 0.8), proposal(SINGLE, 0.3)
    old = Read(said("a"), proposal(SINGLE, 0.9), None)
    new = Read(said("b", 1), sure, None)
    last = Read(said("好的", 2), proposal(SINGLE, 0.1), None)
    assert decided(proposal(SINGLE, 0.7), [old, new, last]) == proposal(SINGLE, 0.7)
    assert decided(unsure, [old, new, last]) == sure
    assert decided(unsure, [last]) == unsure
    assert decided(None, [Read(said("a"), None, None)]) is None


def test_the_known_and_fullest_address_wins_and_of_equals_the_newest() -> None:
    road = Address(0, 3, "建设路", road="建设路", known=True)
    door = Address(0, 7, "建设路128号", road="建设路", number="128", known=True)
    unknown = Address(0, 9, "无名路1号2栋3室", road="无名路", number="1", building="2", room="3")
    read = [Read(said(str(n), n), None, one) for n, one in enumerate((road, door, unknown, None))]
    best = best_address(read)
    assert best is not None
    assert best[1] is door
    again = best_address([*read, Read(said("4", 4), None, door)])
    assert again is not None
    assert again[0].id == "m4"


def test_the_newest_words_are_read_together_as_far_as_they_fit() -> None:
    long = [said("水" * (WINDOW // 2), n) for n in range(4)]
    assert recent(long) == long[2:]
    huge = said("水" * (WINDOW * 3))
    assert recent([said("a"), huge]) == [huge]
    assert recent([]) == []


def test_the_same_door_crossing_community_or_point_is_the_same_place() -> None:
    door = Address(0, 0, "", road="建设路", number="128", district="华龙区")
    assert is_same_place(door, Address(0, 0, "", road="建设路", number="128"))
    assert not is_same_place(door, Address(0, 0, "", road="建设路", number="129"))
    assert not is_same_place(door, Address(0, 0, "", road="建设路", number="128", district="濮阳县"))
    crossing = Address(0, 0, "", road="建设路", cross_road="黄河路")
    assert is_same_place(crossing, Address(0, 0, "", road="黄河路", cross_road="建设路"))
    block = Address(0, 0, "", community="阳光小区", building="3")
    assert is_same_place(block, Address(0, 0, "", community="阳光小区"))
    assert not is_same_place(block, Address(0, 0, "", community="阳光小区", building="4"))
    assert is_same_place(Address(0, 0, "", poi="火车站"), Address(0, 0, "", poi="火车站"))
    assert not is_same_place(door, None)
    assert not is_same_place(Address(0, 0, ""), Address(0, 0, ""))


def test_distances_are_of_one_coordinate_system() -> None:
    assert metres((115.03, 35.76, "WGS84"), (115.03, 35.77, "WGS84")) == 1112
    assert metres((115.03, 35.76, "WGS84"), (115.03, 35.76, "GCJ02")) is None
    assert metres(None, (115.03, 35.76, "WGS84")) is None


def test_cases_are_compared_within_their_group() -> None:
    assert group_of("WS-01-02") == "WS-01"
    assert group_of(None) is None
    assert group_of("WS") is None
