"""From what was read to values for the form; pure (DOMAIN §4.2, §4.4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from hotline.cases.taxonomy import Leaf
from hotline.dispatch.routing import Route
from hotline.ports.addresses import Address
from hotline.ports.classifier import SURE, Proposal
from hotline.suggestions.model import Evidence, FieldName, Proposed, Utterance

FAINT = 0.1
"""A category that is less likely than this is not worth a look."""
KNOWN_PLACE, SAID_PLACE = 0.9, 0.6
"""How far an address is trusted: the gazetteer has it, or it only has the form of one."""
WINDOW = 2000
"""Characters of a conversation that are read together: the last ones, for the newest counts."""
MOST_UTTERANCES = 12
PARTS = (
    *("road", "cross_road", "number", "community", "building", "unit", "room", "poi", "relation"),
    "district",
)


@dataclass(frozen=True)
class Read:
    """One utterance: what it says by itself (None: no model was there), and the place it names."""

    utterance: Utterance
    proposal: Proposal | None
    address: Address | None


@dataclass(frozen=True)
class Unit:
    """The unit that the route names, and why."""

    id: str
    route: Route


def recent(said: Sequence[Utterance]) -> list[Utterance]:
    """The newest utterances that fit into the window, in their order; never none where there is one."""
    kept: list[Utterance] = []
    room = WINDOW
    for one in reversed(said[-MOST_UTTERANCES:]):
        room -= len(one.text)
        if kept and room < 0:
            break
        kept.append(one)
    return kept[::-1]


def decided(whole: Proposal | None, read: Sequence[Read]) -> Proposal | None:
    """What the conversation is about.

    The whole of it decides where that is sure; else the newest utterance that is sure by itself.
    """
    if whole is None or not whole.needs_human:
        return whole
    alone = [one.proposal for one in read if one.proposal is not None and not one.proposal.needs_human]
    return alone[-1] if alone else whole


def best_address(read: Sequence[Read]) -> tuple[Utterance, Address] | None:
    """The fullest address that was said; of equals the newest."""
    found = [
        ((one.address.known, len(parts_of(one.address)), at), one.utterance, one.address)
        for at, one in enumerate(read)
        if one.address is not None
    ]
    if not found:
        return None
    _, utterance, address = max(found, key=lambda entry: entry[0])
    return utterance, address


def parts_of(address: Address) -> dict[str, str]:
    """What an address says, part by part."""
    return {name: value for name in PARTS if (value := getattr(address, name))}


def proposals(
    proposal: Proposal | None,
    leaf: Leaf | None,
    label: Sequence[str],
    read: Sequence[Read],
    unit: Unit | None,
    open_rules: Collection[str],
) -> list[Proposed]:
    """Values for the form. ``leaf`` and ``label`` (its names, the widest first) are the category's.

    Without a sure category nothing follows from it: a person chooses one of the likeliest. While an alarm is
    open the urgency is the alarm's.
    """
    found: list[Proposed] = []
    place = best_address(read)
    if place is not None:
        found.append(_address(*place))
    if proposal is None or leaf is None or proposal.confidence < FAINT:
        return found
    evidence = _carrier(proposal.category, read)
    top = [{"category_code": guess.category, "confidence": guess.confidence} for guess in proposal.top]
    found.append(_category(proposal, evidence, top))
    if proposal.needs_human:
        return found

    def follows(field: FieldName, value: str, **reason: Any) -> Proposed:
        reason = {"kind": "category", "category": leaf.code, **reason}
        return Proposed(field, value, proposal.confidence, evidence, reason, model=proposal.model)

    found.append(follows(FieldName.REQUEST_TYPE, proposal.request_type))
    if not open_rules:
        found.append(follows(FieldName.URGENCY, proposal.urgency))
    if unit is not None:
        route = unit.route
        why = {"route": route.reason, "route_category": route.category, "route_area": route.area}
        found.append(follows(FieldName.UNIT_ID, unit.id, **why))
    found.append(follows(FieldName.TITLE, _title(place[1] if place else None, label[-1])))
    return found


def _category(proposal: Proposal, evidence: Evidence | None, top: list[dict[str, Any]]) -> Proposed:
    return Proposed(
        FieldName.CATEGORY_CODE,
        proposal.category,
        proposal.confidence,
        evidence,
        {"kind": "classifier", "top": top},
        proposal.needs_human or proposal.confidence < SURE,
        proposal.model,
    )


def _address(utterance: Utterance, address: Address) -> Proposed:
    evidence = Evidence(utterance.kind, utterance.id, address.start, address.end, utterance.text)
    alike = [one.name for one in address.suggestions]
    return Proposed(
        FieldName.ADDRESS,
        address.text,
        KNOWN_PLACE if address.known else SAID_PLACE,
        evidence,
        {"kind": "address", "parts": parts_of(address), "sounds_like": alike},
    )


def _carrier(category: str, read: Sequence[Read]) -> Evidence | None:
    """The utterance that speaks most for the category; of equals the newest."""
    best, most = None, 0.0
    for one in read:
        guesses = one.proposal.top if one.proposal is not None else ()
        said = next((guess.confidence for guess in guesses if guess.category == category), 0.0)
        if said > 0 and said >= most:
            best, most = one.utterance, said
    return Evidence(best.kind, best.id, 0, len(best.text), best.text) if best is not None else None


def _title(address: Address | None, name: str) -> str:
    if address is None:
        return name
    places = (address.road, address.cross_road, address.community, address.poi)
    said = list(dict.fromkeys(place for place in places if place))
    return " ".join([*said, name])
