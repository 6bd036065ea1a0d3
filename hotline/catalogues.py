"""The server's message catalogue, collected from the slices."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hotline.web.catalogue import Catalogue


@cache
def server_catalogue() -> Catalogue:
    """Every slice's ``messages`` folder; a slice that adds one is found by its place."""
    root = Path(__file__).parent
    return Catalogue.load(sorted(folder for folder in root.glob("*/messages") if folder.is_dir()))
