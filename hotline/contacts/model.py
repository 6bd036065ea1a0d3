"""Rules about citizens' names and numbers; pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{9,11}")
_LOCAL = re.compile(r"[2-9][0-9]{6,7}")


PHONE = "phone"
"""The channel whose identities are blind indexes of numbers, or names of calls without one."""


@dataclass(frozen=True)
class Identity:
    """How a channel knows a citizen, e.g. ``("web", visitor id)``; channels as in DOMAIN §1.4."""

    channel: str
    external_id: str


def normalise_phone(text: str) -> str | None:
    """The digits of a Chinese number, without +86 and punctuation; None when it is none."""
    # Chinese keyboards type full-width digits and brackets.
    digits = re.sub(r"[\s\-().\u2013\u2014]", "", unicodedata.normalize("NFKC", text))
    digits = re.sub(r"^(\+|00)86", "", digits)
    if any(pattern.fullmatch(digits) for pattern in (_MOBILE, _LANDLINE, _LOCAL)):
        return digits
    return None


def mask_phone(phone: str) -> str:
    """``13800002046`` → ``138****2046``; shorter numbers keep their last three digits (DOMAIN §10)."""
    if len(phone) == 11 and phone.startswith("1"):
        return f"{phone[:3]}****{phone[-4:]}"
    return "*" * (len(phone) - 3) + phone[-3:]


def mask_name(name: str) -> str:
    """The first character stays, the rest is hidden."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""
