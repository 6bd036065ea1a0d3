"""The places that an address lies in; pure."""

from __future__ import annotations

from collections.abc import Mapping

from hotline.ports.addresses import Address


def areas_of(address: Address | None, parents: Mapping[str, str]) -> list[str]:
    """Their names, from the smallest to the largest; ``parents`` names the district of each place."""
    if address is None:
        return []
    named = [name for name in (address.poi, address.community, address.district) if name]
    for name in named:
        parent = parents.get(name)
        if parent and parent not in named:
            named.append(parent)
    return named
