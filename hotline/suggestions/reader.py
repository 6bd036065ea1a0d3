"""The worker that reads conversations and proposes values for the form, outside of any unit of work.

Danger is not its business: alarms are raised before and without it. Without a classifier it still proposes
places and finds cases nearby, and reads again once there is a model (DOMAIN E33).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.cases.filing import category_path
from hotline.cases.taxonomy import Taxonomy
from hotline.dispatch.routing import Routing, categories_left
from hotline.errors import Unavailable
from hotline.kernel.db import Database, Reader
from hotline.kernel.events import Event, Recorded
from hotline.ports.addresses import Address, AddressFinder
from hotline.ports.classifier import Classifier, Proposal, Question
from hotline.ports.lease import Leases
from hotline.staff.views import active_units
from hotline.suggestions import store
from hotline.suggestions.events import ClassifierTurned, ReadingChanged
from hotline.suggestions.model import Proposed, Utterance, joined
from hotline.suggestions.nearby import Matter, Nearby, plain
from hotline.suggestions.proposals import Read, Unit, best_address, decided, proposals, recent
from hotline.suggestions.service import Suggestions
from hotline.suggestions.utterances import utterances_of

LEASE = "suggestions"
LOOK_SECONDS = 1.0
BATCH = 20
log = logging.getLogger(__name__)

Areas = Callable[[Address | None], Sequence[str]]
"""The places an address lies in, from the smallest to the largest."""


class FormReader:
    """One at a time for all conversations; ``read`` serves the walk-in form as well."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        taxonomy: Taxonomy,
        classifier: Classifier,
        finder: AddressFinder,
        routing: Routing,
        areas: Areas,
        nearby: Nearby,
        suggestions: Suggestions,
    ) -> None:
        self._database = database
        self._leases = leases
        self._taxonomy = taxonomy
        self._classifier = classifier
        self._finder = finder
        self._routing = routing
        self._areas = areas
        self._nearby = nearby
        self._suggestions = suggestions
        self._signal: Callable[[Event], None] = lambda _event: None
        self._was_ready: bool | None = None
        self._wake = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """Whether there is a model that answers."""
        return self._classifier.condition.state == "ready"

    def on_signal(self, signal: Callable[[Event], None]) -> None:
        """Who is told that the classifier came or went."""
        self._signal = signal

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener."""
        if any(isinstance(r.event, ReadingChanged) and r.event.is_due for r in recorded):
            self._wake.set()

    async def run(self) -> None:
        """Read for ever."""
        async with self._leases.hold(LEASE):
            while True:
                self._wake.clear()
                self._look()
                while await self.step():
                    pass
                # Not wait_for: before Python 3.12 it can lose a cancellation that meets the wake-up.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._wake.wait()

    def _look(self) -> None:
        if self._was_ready is not None and self._was_ready != self.is_ready:
            self._signal(ClassifierTurned(aggregate="classifier"))
        self._was_ready = self.is_ready

    async def step(self) -> bool:
        """Read what is due; False when nothing is."""
        async with self._database.read() as reader:
            rows = await store.due(reader, BATCH, has_model=self.is_ready)
        settled = [await self._settle(row) for row in rows]
        return any(settled)

    async def _settle(self, row: sa.Row[Any]) -> bool:
        model: str | None = None
        found: list[Proposed] = []
        duplicates: Sequence[Any] = row.duplicates
        try:
            async with self._database.read() as reader:
                said = await utterances_of(reader, row.conversation_id)
                rules = await store.open_rules(reader, row.conversation_id)
            found, model = await self.read(said, rules)
            async with self._database.read() as reader:
                duplicates = plain(await self._nearby.find(reader, matter_of(found, said)))
        except Exception:
            # What cannot be read must not keep others from being read, nor be tried for ever.
            log.exception("a conversation could not be read", extra={"conversation": row.conversation_id})
            model = model or ""
        if model is None and row.wanted == row.done:
            return False  # the model went away again
        async with self._database.uow() as tx:
            await self._suggestions.propose(tx, row.conversation_id, found)
            await self._suggestions.was_read(tx, row.conversation_id, row.wanted, model, duplicates)
        return True

    async def read(
        self, said: Sequence[Utterance], open_rules: Collection[str], title: str = ""
    ) -> tuple[list[Proposed], str | None]:
        """Values for the form and the model that made them; None and no category without one."""
        window = recent(said)
        if not window:
            return [], ""
        among = categories_left(open_rules)
        questions = [Question(joined(window), title, among)]
        questions += [Question(one.text, "", among) for one in window]
        try:
            answers: list[Proposal] | None = await self._classifier.classify_all(questions)
        except Unavailable:
            answers = None
        addresses = await asyncio.to_thread(lambda: [self._finder.find(one.text) for one in window])
        alone: Sequence[Proposal | None] = answers[1:] if answers else [None] * len(window)
        read = [Read(*both) for both in zip(window, alone, addresses, strict=True)]
        proposal = decided(answers[0] if answers else None, read)
        leaf = self._taxonomy.leaf(proposal.category) if proposal is not None else None
        label = category_path(self._taxonomy, leaf) if leaf is not None else []
        async with self._database.read() as reader:
            unit = await self._unit(reader, proposal, read)
        found = proposals(proposal, leaf, label, read, unit, open_rules)
        return found, proposal.model if proposal is not None else None

    async def _unit(self, reader: Reader, proposal: Proposal | None, read: Sequence[Read]) -> Unit | None:
        leaf = self._taxonomy.leaf(proposal.category) if proposal is not None else None
        units = {unit.code: unit.id for unit in await active_units(reader)}
        if leaf is None or not units:
            return None
        place = best_address(read)
        areas = self._areas(place[1] if place is not None else None)
        route = self._routing.route(leaf.code, areas, leaf.unit_code, units.keys())
        # "any" is a unit for want of one that has to do with it.
        return Unit(units[route.unit], route) if route.reason != "any" else None


def matter_of(found: Sequence[Proposed], said: Sequence[Utterance]) -> Matter:
    """What is looked for among the open cases."""
    values = {one.field.value: one.value for one in found}
    text = joined(recent(said))
    return Matter(values.get("category_code"), values.get("address", ""), text)
