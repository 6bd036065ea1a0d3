"""What ``hotline doctor`` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One check: ``state`` is ok, warning, failed or absent."""

    check: str
    state: str
    detail: str
