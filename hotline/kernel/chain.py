"""Hash chains over salted digests.

Each link covers the previous link and the *digest* of the detail, never the detail itself: a lawful erasure
removes the detail and its salt, and the chain still verifies (DESIGN, "State and events").
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import Any

from hotline.kernel.events import canonical_json

GENESIS = "0" * 64
"""What the first link of a chain follows."""


def new_salt() -> str:
    """16 random bytes in hexadecimal."""
    return os.urandom(16).hex()


def digest(salt: str, detail: Mapping[str, Any]) -> str:
    """The salted digest of a detail; 64 hexadecimal digits."""
    return hashlib.sha256(f"{salt}\n{canonical_json(detail)}".encode()).hexdigest()


def link(previous: str, fields: Mapping[str, Any]) -> str:
    """The hash of a link from its predecessor's hash and its own open fields (the digest among them)."""
    return hashlib.sha256(f"{previous}\n{canonical_json(fields)}".encode()).hexdigest()
