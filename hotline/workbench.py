"""What a text says, for the commands: in one process, with what an installation knows if there is one.

The order is DOMAIN §4.2: rules that find danger come before any model, and leave it only the categories that
fit them. What comes out is a proposal; a person confirms it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from hotline.cases.taxonomy import Taxonomy, load_taxonomy
from hotline.config import Settings, load_settings
from hotline.dispatch.areas import areas_of
from hotline.dispatch.routing import Route, Routing, categories_left, shipped_routing
from hotline.kernel.audit import Audit
from hotline.kernel.clock import SystemClock
from hotline.kernel.db.open import open_database
from hotline.migrations.run import current
from hotline.places.service import Places
from hotline.ports.addresses import Address, AddressFinder
from hotline.ports.classifier import Proposal, Question
from hotline.ports.emergency import Alarm, EmergencyRules
from hotline.ports.gazetteer import GazetteerEntry
from hotline.staff.sheets import SheetWords
from hotline.staff.views import active_units
from hotline.understanding import categories_of, models_folder, own_corpus, request_words
from nlp.addresses.finder import GrammarAddressFinder
from nlp.classifier.corpus import Example, held_out_folder, read_examples, read_folder, training_folder
from nlp.classifier.evaluation import Figures, evaluate
from nlp.classifier.model import Model, Reader, save
from nlp.classifier.training import load_or_train, model_path, train, version_of
from nlp.emergency.engine import RuleEngine

__all__ = ["Figures", "Understood", "Workbench", "evaluate"]

LONGEST = 10_000
"""Characters; a longer text is no citizen's request, and a person should look at it (DOMAIN §4.2 step 4)."""
Known = tuple[Sequence[GazetteerEntry], Collection[str] | None]
"""The places there are, and the codes of the units; None: those that the product names."""


@dataclass(frozen=True)
class Understood:
    """One text: the model's ``proposal`` among what the ``alarms`` have left, the place, the unit and why."""

    text: str
    proposal: Proposal
    alarms: tuple[Alarm, ...]
    address: Address | None
    route: Route
    is_garbled: bool = False

    @property
    def urgency(self) -> str:
        """E0 when a rule fired, else the category's own."""
        return self.alarms[0].urgency if self.alarms else self.proposal.urgency

    @property
    def needs_human(self) -> bool:
        """Whether nobody should rely on it."""
        return self.proposal.needs_human or self.is_garbled or len(self.text) > LONGEST


class Reading:
    """What is done with a text besides the model: rules before it, place and unit after it."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        rules: EmergencyRules,
        finder: AddressFinder,
        routing: Routing,
        parents: Mapping[str, str],
    ) -> None:
        self._taxonomy, self._rules, self._finder = taxonomy, rules, finder
        self._routing, self._parents = routing, parents

    def question(self, text: str, title: str = "") -> tuple[Question, tuple[Alarm, ...]]:
        """What the model is asked, and the dangers found, the gravest first."""
        alarms = self._rules.all(f"{title}\n{text}" if title else text)
        return Question(text, title, categories_left(alarm.rule for alarm in alarms)), alarms

    def understood(
        self,
        question: Question,
        alarms: tuple[Alarm, ...],
        proposal: Proposal,
        units: Collection[str] | None = None,
        *,
        is_garbled: bool = False,
    ) -> Understood:
        """The whole, once the model has answered."""
        address = self._finder.find(question.text)
        leaf = self._taxonomy.leaves[proposal.category]
        route = self._routing.route(leaf.code, areas_of(address, self._parents), leaf.unit_code, units)
        return Understood(question.text, proposal, alarms, address, route, is_garbled)


class Workbench:
    """The same for the commands: in this process, one text after the other."""

    def __init__(self, data: Path) -> None:
        self.taxonomy = load_taxonomy()
        self.categories = categories_of(self.taxonomy)
        self._data = data
        entries, self._units = known_to(data)
        parents = {one.name: one.district for one in entries if one.district}
        finder = GrammarAddressFinder(entries)
        self._reading = Reading(self.taxonomy, RuleEngine(), finder, shipped_routing(), parents)
        self._reader: Reader | None = None

    @property
    def version(self) -> str:
        """The version of the model that answers here."""
        return version_of(self.examples(), self.categories)

    @property
    def is_trained(self) -> bool:
        """Whether that model is kept already."""
        return model_path(models_folder(self._data), self.version).exists()

    def examples(self) -> list[Example]:
        """All there is to learn from: what ships, and this installation's own."""
        words = request_words()
        shipped = read_folder(training_folder(), words, self.categories)
        return [*shipped, *read_folder(own_corpus(self._data), words, self.categories)]

    def read(self, file: Path) -> list[Example]:
        """The examples of a table. Raises ``InvalidCorpus``, OSError."""
        text = file.read_bytes().decode("utf-8", "replace")
        return read_examples(text, request_words(), self.categories, file.name)

    def held_out(self) -> list[Example]:
        """What ships for judging."""
        table = held_out_folder().joinpath("heldout.tsv").read_text("utf-8")
        return read_examples(table, request_words(), self.categories, "heldout.tsv")

    def train(self, file: Path | None = None) -> Model:
        """Make the model anew; the examples of ``file`` become part of this installation's corpus first."""
        if file is not None:
            self.read(file)
            own = own_corpus(self._data)
            own.mkdir(parents=True, exist_ok=True)
            (own / f"{file.stem}.tsv").write_bytes(file.read_bytes())
        model = train(self.examples(), self.categories)
        save(model, model_path(models_folder(self._data), model.version))
        self._reader = model.reader()
        return model

    def understand(self, text: str, title: str = "", *, is_garbled: bool = False) -> Understood:
        """One text; any will do. Trains first when there is no model."""
        question, alarms = self._reading.question(text, title)
        proposal = self._ready_reader().propose(question)
        return self._reading.understood(question, alarms, proposal, self._units, is_garbled=is_garbled)

    def proposals(self, examples: Sequence[Example], *, with_rules: bool) -> list[Proposal]:
        """What is proposed for each; without rules, by the model alone."""
        reader = self._ready_reader()
        found = []
        for one in examples:
            question, _ = self._reading.question(one.text, one.title)
            found.append(reader.propose(question if with_rules else Question(one.text, one.title)))
        return found

    def _ready_reader(self) -> Reader:
        if self._reader is None:
            self._reader = load_or_train(models_folder(self._data), self.examples(), self.categories).reader()
        return self._reader


def known_to(data: Path) -> Known:
    """What the installation in ``data`` knows; what ships, as long as there is none."""
    settings = load_settings(data)
    if settings.database.startswith("sqlite") and not (data / "hotline.db").exists():
        return packaged_places(), None
    revision, newest = current(settings.database)
    if revision != newest:  # the start that migrates it is still to come
        return packaged_places(), None
    return asyncio.run(_read(settings))


def packaged_places() -> Sequence[GazetteerEntry]:
    """The places of the demo."""
    data = json.loads(files("hotline.demo").joinpath("data/places.json").read_text("utf-8"))
    return [
        GazetteerEntry(one["kind"], one["name"], tuple(one["aliases"]), one["district"])
        for one in data["places"]
    ]


async def _read(settings: Settings) -> Known:
    database, clock = open_database(settings.database), SystemClock()
    try:
        async with database.read() as reader:
            places = Places(database, clock, Audit(clock), SheetWords())
            units = [unit.code for unit in await active_units(reader)]
            return await places.entries(reader), units or None
    finally:
        await database.close()
