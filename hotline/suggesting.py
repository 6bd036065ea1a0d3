"""Alarms and suggestions in the product: the slice given rules, model, places and calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.cases.service import Cases
from hotline.conversations.service import Conversations
from hotline.dispatch.areas import areas_of
from hotline.dispatch.routing import shipped_routing
from hotline.kernel.audit import Audit
from hotline.kernel.db import Database
from hotline.kernel.db.interface import CommitListener
from hotline.kernel.events import Event, Recorded
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.relay import Subscription
from hotline.kernel.workers import Supervisor
from hotline.places.events import PlacesChanged
from hotline.places.store import place
from hotline.ports.addresses import Address
from hotline.ports.classifier import Classifier
from hotline.ports.clock import Clock
from hotline.ports.emergency import EmergencyRules
from hotline.ports.gazetteer import GazetteerEntry
from hotline.ports.similarity import Wording
from hotline.queue.service import Queue
from hotline.suggestions.api import suggestion_endpoints
from hotline.suggestions.dangers import Dangers
from hotline.suggestions.feeds import SuggestionsFeed
from hotline.suggestions.form_api import form_endpoints
from hotline.suggestions.guesses import Guesses, Words
from hotline.suggestions.nearby import Nearby
from hotline.suggestions.reader import FormReader
from hotline.suggestions.service import Suggestions
from hotline.suggestions.subscribers import Hearing
from hotline.suggestions.views import SuggestionViews
from hotline.web.endpoint import Endpoints
from hotline.web.live import Feed, LiveHub
from nlp.addresses.finder import GrammarAddressFinder
from nlp.duplicates import Account, similar


class KnownPlaces:
    """Implements ``AddressFinder`` by this installation's gazetteer, as it is now."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._finder = GrammarAddressFinder()
        self._parents: dict[str, str] = {}
        self._changed = asyncio.Event()

    def find(self, text: str) -> Address | None:
        """See ``AddressFinder``."""
        return self._finder.find(text)

    def all(self, text: str) -> tuple[Address, ...]:
        """See ``AddressFinder``."""
        return self._finder.all(text)

    def areas(self, address: Address | None) -> Sequence[str]:
        """The places an address lies in, from the smallest to the largest."""
        return areas_of(address, self._parents)

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener."""
        if any(isinstance(r.event, PlacesChanged) for r in recorded):
            self._changed.set()

    async def run(self) -> None:
        """Follow the gazetteer for ever."""
        while True:
            self._changed.clear()
            await self.load()
            await self._changed.wait()

    async def load(self) -> None:
        """Take the gazetteer as it is."""
        async with self._database.read() as reader:
            rows = (await reader.execute(sa.select(place).order_by(place.c.id))).all()
        entries = [GazetteerEntry(row.kind, row.name, tuple(row.aliases), row.district) for row in rows]
        self._finder = await asyncio.to_thread(GrammarAddressFinder, entries)
        self._parents = {entry.name: entry.district for entry in entries if entry.district}


class Bigrams:
    """Implements ``Similarity`` by character bigrams."""

    def similarities(self, one: Wording, others: Sequence[Wording]) -> list[float]:
        """See ``Similarity``."""
        accounts = [Account(number, other.text, other.title) for number, other in enumerate(others)]
        found = similar(Account(-1, one.text, one.title), accounts, len(accounts))
        cosines = {account.key: account.cosine for account in found}
        return [cosines.get(number, 0.0) for number in range(len(others))]


class Suggesting:
    """See the module. ``words`` are a call's that may still change."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        leases: DatabaseLeases,
        audit: Audit,
        conversations: Conversations,
        queue: Queue,
        cases: Cases,
        rules: EmergencyRules,
        classifier: Classifier,
        words: Words,
    ) -> None:
        self._database, self._clock = database, clock
        self._rules, self._classifier = rules, classifier
        self.places = KnownPlaces(database)
        self._nearby = Nearby(clock, self.places, Bigrams())
        self.suggestions = Suggestions(database, clock, audit, conversations)
        self.dangers = Dangers(clock, audit, rules, conversations, queue, self.suggestions)
        self._hearing = Hearing(self.dangers, self.suggestions)
        self._guesses = Guesses(database, clock, self.dangers, words)
        self._views = SuggestionViews(cases, rules, classifier)
        self.reader = FormReader(
            database,
            leases,
            cases.taxonomy,
            classifier,
            self.places,
            shipped_routing(),
            self.places.areas,
            self._nearby,
            self.suggestions,
        )

    @property
    def feeds(self) -> Sequence[Feed]:
        """Live views."""
        return [SuggestionsFeed(self.suggestions, self._views, self._classifier)]

    @property
    def endpoints(self) -> Sequence[Endpoints]:
        """Routes."""
        return [
            suggestion_endpoints(self._database, self.suggestions, self.dangers, self._views),
            form_endpoints(
                self._database,
                self._clock,
                self._rules,
                self._classifier,
                self.reader,
                self._nearby,
                self._views,
            ),
        ]

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        """What is to be heard of other slices."""
        return self._hearing.subscriptions()

    @property
    def wakes(self) -> Sequence[CommitListener]:
        """Whom commits wake."""
        return [self.reader.committed, self.places.committed]

    def told(self, event: Event) -> None:
        """What no commit carries."""
        self._guesses.told(event)

    @property
    def workers(self) -> Mapping[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What runs, by name."""
        return {
            "gazetteer": self.places.run,
            "guesses": self._guesses.run,
            "suggestions": self.reader.run,
        }

    def work(self, supervisor: Supervisor, hub: LiveHub) -> None:
        """Workers."""
        self.reader.on_signal(hub.signal)
        for name, run in self.workers.items():
            supervisor.add(name, run)
