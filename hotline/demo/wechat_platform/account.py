"""The official account that the platform plays, as its operator configured it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["plain", "compatible", "aes"]


@dataclass(frozen=True)
class Account:
    """What is entered on the platform's settings page.

    ``original_id`` (``gh_…``) is what callbacks are addressed to. ``aes_key`` has 43 characters and is needed
    in the modes "compatible" and "aes". "compatible" posts the plain fields beside the encrypted ones.
    """

    app_id: str
    secret: str
    token: str
    aes_key: str = ""
    mode: Mode = "plain"
    original_id: str = "gh_0123456789ab"
