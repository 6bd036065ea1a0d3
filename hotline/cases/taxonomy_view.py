"""The category tree as pages get it."""

from __future__ import annotations

from hotline.cases.model import Urgency
from hotline.cases.taxonomy import Taxonomy
from hotline.web.endpoint import Schema


class LeafView(Schema):
    """A category that a case can be filed under."""

    code: str
    name: str
    urgency: Urgency
    sla: str
    request_types: list[str]
    cues: list[str]
    default_unit_code: str


class TaxonomyChild(Schema):
    """The tree's second level."""

    code: str
    name: str
    leaves: list[LeafView]


class TaxonomyGroup(Schema):
    """The tree's first level."""

    code: str
    name: str
    children: list[TaxonomyChild]


class TaxonomyView(Schema):
    """The category tree in force."""

    version: str
    groups: list[TaxonomyGroup]


def taxonomy_view(taxonomy: Taxonomy) -> TaxonomyView:
    """Shape the tree."""
    return TaxonomyView(
        version=taxonomy.tax_version,
        groups=[
            TaxonomyGroup(
                code=sector.code,
                name=sector.name,
                children=[
                    TaxonomyChild(
                        code=group.code,
                        name=group.name,
                        leaves=[
                            LeafView(
                                code=leaf.code,
                                name=leaf.name,
                                urgency=leaf.urgency,
                                sla=leaf.sla,
                                request_types=[str(word) for word in leaf.request_types],
                                cues=list(leaf.cues),
                                default_unit_code=leaf.unit_code,
                            )
                            for leaf in group.leaves
                        ],
                    )
                    for group in sector.groups
                ],
            )
            for sector in taxonomy.sectors
        ],
    )
