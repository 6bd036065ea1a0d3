"""Why the last attempt to fetch an Asterisk failed, kept for doctor and ``pbx status``."""

from __future__ import annotations

import json
from pathlib import Path

from hotline.errors import ConfigurationError

FILE = "trouble.json"
KEPT = "asterisk_no_packages"
"""What only an attempt finds out; every other obstacle can be seen again at any time."""


def keep_trouble(folder: Path, trouble: ConfigurationError) -> None:
    """Note ``trouble`` in ``folder``; nothing happens with one that is not about fetching."""
    if trouble.code == KEPT:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{FILE}.new"
        fresh.write_text(json.dumps({"reason": str(trouble.params["reason"])}), "utf-8")
        fresh.replace(folder / FILE)


def forget_trouble(folder: Path) -> None:
    """There is an Asterisk now."""
    (folder / FILE).unlink(missing_ok=True)


def last_trouble(folder: Path) -> ConfigurationError | None:
    """What the last attempt raised ("asterisk_no_packages"); None when none failed, or its note is broken."""
    try:
        reason = json.loads((folder / FILE).read_text("utf-8"))["reason"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ConfigurationError(KEPT, reason=reason)
