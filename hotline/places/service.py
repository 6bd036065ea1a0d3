"""Use cases of places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hotline.errors import FieldProblem
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.ids import new_id
from hotline.places import store
from hotline.places.events import PlacesChanged
from hotline.places.model import NewPlace, place_problems, search_form, search_text
from hotline.places.views import PlaceView, place_view
from hotline.ports.clock import Clock
from hotline.ports.gazetteer import GazetteerEntry
from hotline.staff.imports import merged
from hotline.staff.sheets import Columns, RowProblem, SheetRow, SheetWords, read_sheet, split_list

PLACES = Columns(("kind", "name"), ("district", "aliases", "lng", "lat", "crs"))
FOUND = 20
"""A search answers at most so many: more help nobody who is typing."""


class Places:
    """Finds places and keeps the gazetteer."""

    def __init__(self, database: Database, clock: Clock, audit: Audit, words: SheetWords) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._words = words

    async def search(self, reader: Reader, text: str, kind: str | None = None) -> list[PlaceView]:
        """Places with ``text`` in a name or alias, the likeliest first; at most ``FOUND``."""
        form = search_form(text).replace("|", "")
        if not form:
            return []
        return [place_view(row) for row in await store.search(reader, form, kind, FOUND)]

    async def entries(self, reader: Reader) -> list[GazetteerEntry]:
        """Every place, for finding addresses in text."""
        return [
            GazetteerEntry(row.kind, row.name, tuple(row.aliases), row.district)
            for row in await store.every(reader)
        ]

    async def keep(self, tx: Tx, actor: str, places: Sequence[NewPlace], *, only_new: bool = False) -> int:
        """Add these places, and bring those that are known by (kind, name, district) up to date.

        With ``only_new`` known places stay as they are.

        Returns how many were added or differ from what was kept.
        """
        known = await store.by_names(tx, {place.name for place in places})
        added, changed = [], 0
        for place in places:
            values = self._values(place)
            row = known.get((place.kind, place.name, place.district))
            if row is None:
                added.append({"id": new_id(), "version": 1, "updated_at": self._clock.now(), **values})
            elif not only_new and any(getattr(row, key) != value for key, value in values.items()):
                await store.update(tx, row.id, {**values, "updated_at": self._clock.now()})
                changed += 1
        await store.insert(tx, added)
        total = len(added) + changed
        if total:
            detail = {"added": len(added), "changed": changed}
            await self._audit.append(tx, Act(actor, "places.keep", "places", detail=detail))
            tx.emit(PlacesChanged(aggregate="places", count=total))
        return total

    async def import_sheet(self, actor: str, raw: bytes, dry_run: bool) -> tuple[int, list[RowProblem]]:
        """Places from a sheet, all or none; a place that is known is brought up to date by its row."""
        sheet = read_sheet(raw, PLACES, self._words)
        places: list[NewPlace] = []
        problems: list[RowProblem] = []
        seen: set[store.Key] = set()
        for row in sheet.rows:
            place, found = _place_in(row)
            key = (place.kind, place.name, place.district)
            if key in seen:
                found.append(FieldProblem("name", "place_twice"))
            seen.add(key)
            problems += [RowProblem(row.number, p.field, p.code, p.params) for p in found]
            places.append(place)
        problems = merged(sheet, problems)
        if not problems and not dry_run:
            async with self._database.uow() as tx:
                await self.keep(tx, actor, places)
        return len(sheet.rows), problems

    def _values(self, place: NewPlace) -> dict[str, Any]:
        return {
            "kind": place.kind,
            "name": place.name,
            "district": place.district,
            "aliases": list(place.aliases),
            "search_text": search_text(place.name, place.aliases),
            "lng": place.lng,
            "lat": place.lat,
            "crs": place.crs,
            "demo": place.demo,
        }


def _place_in(row: SheetRow) -> tuple[NewPlace, list[FieldProblem]]:
    problems: list[FieldProblem] = []
    place = NewPlace(
        kind=row.cells["kind"].lower(),
        name=row.cells["name"],
        district=row.cells["district"],
        aliases=tuple(dict.fromkeys(split_list(row.cells["aliases"]))),
        lng=_degrees(row, "lng", problems),
        lat=_degrees(row, "lat", problems),
        crs=row.cells["crs"].upper() or None,
    )
    # A number that cannot be read is already reported; it is not missing as well.
    unread = {problem.field for problem in problems}
    return place, [*problems, *(p for p in place_problems(place) if not unread)]


def _degrees(row: SheetRow, column: str, problems: list[FieldProblem]) -> float | None:
    text = row.cells[column]
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        problems.append(FieldProblem(column, "number_invalid"))
        return None
