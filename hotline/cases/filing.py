"""Filing a case: category, urgency and SLA, from what is given, what was filed before, and the tree (C6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hotline.cases.model import RepairClass, Urgency
from hotline.cases.sla import SLA_POLICIES, parse_sla, sla_for_repair
from hotline.cases.taxonomy import Leaf, Taxonomy
from hotline.errors import FieldProblem, InvalidInput


@dataclass(frozen=True)
class Filing:
    """What a case is filed under; ``leaf`` is None before its category is known."""

    leaf: Leaf | None
    category_code: str | None
    urgency: Urgency
    sla_code: str | None
    repair_class: RepairClass | None

    def columns(self, taxonomy: Taxonomy) -> dict[str, Any]:
        """The case's columns; the names are kept as this version of the tree has them."""
        values: dict[str, Any] = {
            "category_code": self.category_code,
            "urgency": str(self.urgency),
            "sla_code": self.sla_code,
            "repair_class": str(self.repair_class) if self.repair_class else None,
        }
        if self.leaf is not None:
            values["category_path"] = category_path(taxonomy, self.leaf)
            values["tax_version"] = taxonomy.tax_version
        return values


def file_case(taxonomy: Taxonomy, given: Mapping[str, Any], filed: Mapping[str, Any]) -> Filing:
    """``given`` wins over ``filed``, which wins over the leaf's defaults while the category stays the same.

    Raises ``InvalidInput`` for a category the tree does not have and for values that are none.
    """
    code = given.get("category_code") or filed.get("category_code")
    stays = code == filed.get("category_code")
    known = filed if stays else {}
    leaf = taxonomy.leaf(code) if code else None
    problems = _problems(given)
    if code and leaf is None and not stays:
        problems.append(FieldProblem("category_code", "field_choice"))
    if problems:
        raise InvalidInput(problems)
    urgency = given.get("urgency") or known.get("urgency") or (leaf.urgency if leaf else Urgency.N)
    size = given.get("repair_class")
    sla = given.get("sla_code") or (None if size else known.get("sla_code")) or _default_sla(leaf, size)
    if not size:
        size = parse_sla(sla).repair_class if sla else None
    return Filing(leaf, code or None, Urgency(urgency), sla, RepairClass(size) if size else None)


def category_path(taxonomy: Taxonomy, leaf: Leaf) -> list[str]:
    """The names of sector, group and leaf."""
    for sector in taxonomy.sectors:
        for group in sector.groups:
            if group.code == leaf.group_code:
                return [sector.name, group.name, leaf.name]
    raise ValueError(f"the tree has no group {leaf.group_code}")


def _problems(given: Mapping[str, Any]) -> list[FieldProblem]:
    allowed = (("urgency", Urgency), ("repair_class", RepairClass), ("sla_code", SLA_POLICIES))
    return [
        FieldProblem(name, "field_choice")
        for name, words in allowed
        if given.get(name) and given[name] not in {str(word) for word in words}
    ]


def _default_sla(leaf: Leaf | None, size: str | None) -> str | None:
    if leaf is None:
        return None
    is_repair = parse_sla(leaf.sla).repair_class is not None
    return sla_for_repair(leaf.sla, RepairClass(size)) if size and is_repair else leaf.sla
