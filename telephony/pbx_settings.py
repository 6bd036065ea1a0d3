"""What ``AmiPbx`` has to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from telephony.accounts import AriSettings
from telephony.ami.link import LinkSettings
from telephony.dialling import DialSettings


@dataclass(frozen=True)
class PbxSettings:
    """Where the exchange is and what may be dialled through it."""

    link: LinkSettings
    ari: AriSettings
    dial: DialSettings = field(default_factory=DialSettings)
    records: Path | None = None
    """The folder with the exchange's records of calls; None: it writes none."""
    desk_phones: Path | None = None
    """The file that names the desk phones; None: there are none."""
