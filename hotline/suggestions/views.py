"""What others may see of alarms and suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hotline.cases.filing import category_path
from hotline.cases.service import Cases
from hotline.cases.taxonomy import Taxonomy
from hotline.cases.views import CaseBrief
from hotline.kernel.db import Reader
from hotline.ports.classifier import Classifier
from hotline.ports.emergency import EmergencyRules, Language
from hotline.staff.views import units_by_id, user_names
from hotline.suggestions import store
from hotline.suggestions.model import AlarmState, FieldName, Proposed, SourceKind, SuggestionState
from hotline.suggestions.nearby import Why
from hotline.web.endpoint import Schema

LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
ReasonKind = Literal["classifier", "category", "emergency", "address", "none"]
ModelState = Literal["ready", "absent"]


class EvidenceView(Schema):
    """Where it was said: ``quote[start:end]`` of a message, or of a segment as in ``call.segments``."""

    kind: SourceKind
    id: str
    start: int
    end: int
    quote: str


class ScriptView(Schema):
    """What the agent reads out, step by step, under the rule's name."""

    name: str
    steps: list[str]


class DangerAlarmView(Schema):
    """Danger found. ``script`` is by language; ``calls``: whom the rule has called (``unit``, ``119``…).

    ``reason`` says why it was cancelled.
    """

    id: str
    version: int
    rule: str
    urgency: str
    state: AlarmState
    evidence: EvidenceView
    words: list[str]
    script: dict[str, ScriptView]
    calls: list[str]
    at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class GuessView(Schema):
    """One of the likeliest categories; ``label``: its names, the widest first."""

    category_code: str
    label: list[str]
    confidence: float


class ReasonView(Schema):
    """Why a value is proposed.

    ``classifier``: read out of the words, ``top`` has the likeliest. ``category``: follows from the category;
    for a unit ``route`` says how: by a ``rule`` (for ``route_category`` in ``route_area``), as the category's
    ``default``, or by the rule that catches the rest. ``emergency``: by the ``rule`` of an alarm.
    ``address``: ``parts`` by name, ``sounds_like`` are places of the gazetteer that sound like it.
    """

    kind: ReasonKind
    top: list[GuessView]
    category: str | None
    rule: str | None
    route: str | None
    route_category: str | None
    route_area: str | None
    parts: dict[str, str]
    sounds_like: list[str]


class ValueView(Schema):
    """A value for a field of the form. ``label``: how it is called, where ``value`` is a code or an id.

    ``needs_human``: show it, do not fill it in. ``model``: the version that made it, "" for none.
    """

    field: FieldName
    value: str
    label: list[str]
    confidence: float
    needs_human: bool
    evidence: EvidenceView | None
    reason: ReasonView
    model: str


class SuggestionView(ValueView):
    """The same, kept for a conversation, where people accept or reject it."""

    id: str
    version: int
    state: SuggestionState
    at: datetime
    decided_by: str | None
    decided_at: datetime | None


class DuplicateView(Schema):
    """An open case that may be the same matter; ``similarity`` of the words from 0 to 1."""

    case: CaseBrief
    similarity: float
    distance_m: int | None
    reason: Why


class ModelView(Schema):
    """Whether categories are proposed. ``absent_reason`` is a code: ``off``, ``training``, ``loading``,
    ``restarting``; ``detail`` is for the operator."""

    state: ModelState
    absent_reason: str | None
    detail: str
    model: str


class SuggestionsView(ModelView):
    """All that is proposed for a conversation. ``is_due``: something new was said and is being read."""

    alarms: list[DangerAlarmView]
    suggestions: list[SuggestionView]
    duplicates: list[DuplicateView]
    is_due: bool


def model_view(classifier: Classifier) -> ModelView:
    """How the classifier is doing."""
    now = classifier.condition
    is_ready = now.state == "ready"
    reason = None if is_ready else now.state
    return ModelView(
        state="ready" if is_ready else "absent", absent_reason=reason, detail=now.reason, model=now.model
    )


class SuggestionViews:
    """Shapes rows; methods take the caller's reader (or unit of work)."""

    def __init__(self, cases: Cases, rules: EmergencyRules, classifier: Classifier) -> None:
        self._cases = cases
        self._rules = rules
        self._classifier = classifier

    async def whole(self, reader: Reader, conversation_id: str) -> SuggestionsView:
        """Everything for one conversation."""
        reading = await store.reading_of(reader, conversation_id)
        return SuggestionsView(
            **model_view(self._classifier).model_dump(),
            alarms=await self.alarms(reader, await store.alarms_of(reader, conversation_id)),
            suggestions=await self.suggestions(reader, await store.suggestions_of(reader, conversation_id)),
            duplicates=await self.duplicates(reader, reading.duplicates if reading is not None else []),
            is_due=reading is not None and reading.wanted > reading.done,
        )

    async def alarms(self, reader: Reader, rows: Sequence[sa.Row[Any]]) -> list[DangerAlarmView]:
        """Alarm rows with their scripts."""
        names = await user_names(reader, [row.decided_by for row in rows])
        same = ("id", "version", "rule", "urgency", "state", "words", "at", "decided_at", "reason")
        return [
            DangerAlarmView(
                evidence=_evidence(row),
                decided_by=names.get(row.decided_by),
                **self.script(row.rule),
                **{name: getattr(row, name) for name in same},
            )
            for row in rows
        ]

    def script(self, rule: str) -> dict[str, Any]:
        """``script`` and ``calls`` of a rule."""
        scripts = {language: self._rules.script(rule, language) for language in LANGUAGES}
        shown = {key: ScriptView(name=one.name, steps=list(one.steps)) for key, one in scripts.items()}
        return {"script": shown, "calls": list(scripts[LANGUAGES[0]].calls)}

    async def suggestions(self, reader: Reader, rows: Mapping[str, sa.Row[Any]]) -> list[SuggestionView]:
        """What there is for the fields, in the order of the form."""
        shown = [rows[name] for name in FieldName if name in rows and rows[name].value]
        names = await user_names(reader, [row.decided_by for row in shown])
        units = await _units(reader, [(row.field, row.value) for row in shown])
        same = ("id", "version", "state", "at", "decided_at", "field", "value", "confidence", "needs_human")
        return [
            SuggestionView(
                evidence=_evidence(row) if row.source_id is not None else None,
                label=self._label(row.field, row.value, units),
                reason=self._reason(row.reason),
                model=row.model,
                decided_by=names.get(row.decided_by),
                **{name: getattr(row, name) for name in same},
            )
            for row in shown
        ]

    async def values(self, reader: Reader, found: Sequence[Proposed]) -> list[ValueView]:
        """What was proposed without a conversation."""
        units = await _units(reader, [(one.field, one.value) for one in found])
        return [
            ValueView(
                field=one.field,
                value=one.value,
                label=self._label(one.field, one.value, units),
                confidence=one.confidence,
                needs_human=one.needs_human,
                evidence=EvidenceView(**vars(one.evidence)) if one.evidence is not None else None,
                reason=self._reason(one.reason),
                model=one.model,
            )
            for one in found
        ]

    async def duplicates(self, reader: Reader, found: Sequence[Mapping[str, Any]]) -> list[DuplicateView]:
        """Cases nearby that are still open."""
        briefs = await self._cases.views.briefs_by_id(reader, [one["case_id"] for one in found])
        return [
            DuplicateView(
                case=briefs[one["case_id"]],
                similarity=one["similarity"],
                distance_m=one["distance_m"],
                reason=one["reason"],
            )
            for one in found
            if one["case_id"] in briefs and briefs[one["case_id"]].state not in store.OVER
        ]

    def _label(self, field: str, value: str, units: Mapping[str, str]) -> list[str]:
        if field == FieldName.CATEGORY_CODE:
            return names_of(self._cases.taxonomy, value)
        return [units[value]] if field == FieldName.UNIT_ID and value in units else []

    def _reason(self, reason: Mapping[str, Any]) -> ReasonView:
        top = [
            GuessView(label=names_of(self._cases.taxonomy, one["category_code"]), **one)
            for one in reason.get("top", [])
        ]
        return ReasonView.model_validate({**_NO_REASON, **reason, "top": top})


_NO_REASON: Mapping[str, Any] = {
    **dict.fromkeys(("category", "rule", "route", "route_category", "route_area")),
    "kind": "none",
    "parts": {},
    "sounds_like": [],
}


def names_of(taxonomy: Taxonomy, code: str) -> list[str]:
    """What a category is called, the widest name first; nothing for one that this version has not."""
    leaf = taxonomy.leaf(code)
    return category_path(taxonomy, leaf) if leaf is not None else []


def _evidence(row: sa.Row[Any]) -> EvidenceView:
    return EvidenceView(
        kind=row.source_kind, id=row.source_id, start=row.span_start, end=row.span_end, quote=row.quote
    )


async def _units(reader: Reader, values: Sequence[tuple[str, str]]) -> dict[str, str]:
    ids = [value for field, value in values if field == FieldName.UNIT_ID]
    return {unit.id: unit.name for unit in (await units_by_id(reader, ids)).values()}


open_rules = store.open_rules
"""The emergency rules whose alarms in a conversation nobody cancelled, the oldest first."""
