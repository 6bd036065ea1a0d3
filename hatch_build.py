"""Puts the built browser pages into the wheel (hatchling's custom build hook)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from scripts import build_ui


class PagesHook(BuildHookInterface[Any]):
    """Builds the pages when their sources changed; HOTLINE_UI=prebuilt takes them as they are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is put together. Raises UiBuildError, which ends the build."""
        build_ui.prepare(Path(self.root), prebuilt=os.environ.get("HOTLINE_UI") == "prebuilt")
