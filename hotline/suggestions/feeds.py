"""The live view of alarms and suggestions."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.ports.classifier import Classifier
from hotline.suggestions import store
from hotline.suggestions.events import (
    ClassifierTurned,
    DangerAlarmChanged,
    ReadingChanged,
    SuggestionChanged,
)
from hotline.suggestions.service import Suggestions
from hotline.suggestions.views import SuggestionViews, model_view
from hotline.web.auth import Principal
from hotline.web.live import Entity

CLASSIFIER = "classifier"


class SuggestionsFeed:
    """``suggestions``: what is proposed for the conversation named by the key.

    Entities: ``<conversation>/alarm:<id>`` (``DangerAlarmView``), ``<conversation>/field:<name>``
    (``SuggestionView``), ``<conversation>/duplicates`` (``{"duplicates": [DuplicateView…]}``), and
    ``classifier`` (``ModelView``).
    """

    name = "suggestions"

    def __init__(self, suggestions: Suggestions, views: SuggestionViews, classifier: Classifier) -> None:
        self._suggestions = suggestions
        self._views = views
        self._classifier = classifier

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The conversation."""
        if key is None or not principal.may("desk.work"):
            return None
        return key if await self._suggestions.sees(reader, principal, key) else None

    def touched(self, event: Event) -> Iterable[str]:
        """The alarm, the field, the duplicates, or the classifier."""
        match event:
            case DangerAlarmChanged():
                return [f"{event.conversation_id}/alarm:{event.alarm_id}"]
            case SuggestionChanged():
                return [f"{event.conversation_id}/field:{event.field}"]
            case ReadingChanged(is_due=False):
                return [f"{event.conversation_id}/duplicates"]
            case ClassifierTurned():
                return [CLASSIFIER]
        return []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """See the class."""
        wanted = None if ids is None else {one for one in ids if one == CLASSIFIER or one.startswith(scope)}
        found: list[Entity] = []
        if wanted is None or CLASSIFIER in wanted:
            # What happens to a process is in no table: the time of looking orders its versions.
            now = model_view(self._classifier)
            found.append(Entity(CLASSIFIER, time.time_ns() // 1_000_000, now.model_dump(mode="json")))
        if wanted is None or wanted - {CLASSIFIER}:
            found += await self._of_conversation(reader, scope)
        return [one for one in found if wanted is None or one.id in wanted]

    async def _of_conversation(self, reader: Reader, scope: str) -> list[Entity]:
        alarms = await self._views.alarms(reader, await store.alarms_of(reader, scope))
        fields = await self._views.suggestions(reader, await store.suggestions_of(reader, scope))
        reading = await store.reading_of(reader, scope)
        found = [Entity(f"{scope}/alarm:{a.id}", a.version, a.model_dump(mode="json")) for a in alarms]
        found += [Entity(f"{scope}/field:{f.field}", f.version, f.model_dump(mode="json")) for f in fields]
        if reading is not None:
            near = await self._views.duplicates(reader, reading.duplicates)
            data = {"duplicates": [one.model_dump(mode="json") for one in near]}
            found.append(Entity(f"{scope}/duplicates", reading.version, data))
        return found
