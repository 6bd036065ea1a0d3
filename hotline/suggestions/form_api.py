"""Routes that read a text of no conversation: for the form at the counter.

They are asked by POST though they change nothing: what a citizen says belongs in no address, and is too long
for one.
"""

from __future__ import annotations

from pydantic import Field

from hotline.kernel.db import Database
from hotline.ports.classifier import Classifier
from hotline.ports.clock import Clock
from hotline.ports.emergency import EmergencyRules
from hotline.suggestions.model import SourceKind, Utterance
from hotline.suggestions.nearby import Matter, Nearby, plain
from hotline.suggestions.reader import FormReader
from hotline.suggestions.views import (
    DuplicateView,
    ModelView,
    ScriptView,
    SuggestionViews,
    ValueView,
    model_view,
)
from hotline.web.endpoint import Call, Endpoints, Schema

LONGEST_TEXT = 8000
"""As long as the content of a case."""
FORM = "form"
"""What the text is called in the evidence of its values."""


class ClassifyBody(Schema):
    """What somebody at the counter asks for."""

    text: str = Field(max_length=LONGEST_TEXT)
    title: str = Field(default="", max_length=200)


class NearbyBody(Schema):
    """How the form is filled so far; without a category there is nothing to compare with."""

    category_code: str | None = Field(default=None, max_length=16)
    address: str = Field(default="", max_length=300)
    title: str = Field(default="", max_length=200)
    content: str = Field(default="", max_length=LONGEST_TEXT)


class FoundView(Schema):
    """Danger in ``[start:end]`` of ``title`` or ``text`` (``field``); the rest as ``DangerAlarmView``."""

    field: str
    rule: str
    urgency: str
    start: int
    end: int
    words: list[str]
    script: dict[str, ScriptView]
    calls: list[str]


class ClassifyView(ModelView):
    """What a text says; its values' evidence is the text itself, under the id ``form``."""

    alarms: list[FoundView]
    values: list[ValueView]


def form_endpoints(
    database: Database,
    clock: Clock,
    rules: EmergencyRules,
    classifier: Classifier,
    reader: FormReader,
    nearby: Nearby,
    views: SuggestionViews,
) -> Endpoints:
    """``/api/classify`` and ``/api/nearby``."""
    api = Endpoints("suggestions")

    @api.post("/api/classify", needs="desk.work")
    async def classify(call: Call, body: ClassifyBody) -> ClassifyView:
        """Danger, and values for the form; nothing is kept."""
        found = {alarm.rule: ("text", alarm) for alarm in rules.all(body.text)}
        found |= {alarm.rule: ("title", alarm) for alarm in rules.all(body.title)}
        said = [Utterance(SourceKind.MESSAGE, FORM, body.text, clock.now())] if body.text.strip() else []
        proposed, _ = await reader.read(said, list(found), body.title)
        async with database.read() as db:
            values = await views.values(db, proposed)
        alarms = [
            FoundView(
                field=field,
                rule=alarm.rule,
                urgency=alarm.urgency,
                start=alarm.start,
                end=alarm.end,
                words=list(alarm.words),
                **views.script(alarm.rule),
            )
            for field, alarm in found.values()
        ]
        return ClassifyView(**model_view(classifier).model_dump(), alarms=alarms, values=values)

    @api.post("/api/nearby", needs="desk.work")
    async def near(call: Call, body: NearbyBody) -> list[DuplicateView]:
        """Open cases that may be the same matter, the likeliest first."""
        address, title = body.address.strip(), body.title.strip()
        matter = Matter(body.category_code or None, address, body.content.strip(), title)
        async with database.read() as db:
            return await views.duplicates(db, plain(await nearby.find(db, matter)))

    return api
