"""Words of alarms; pure."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """``CALLS_CAPPED``: a member of staff had more calls dialled in a minute than anybody may.
    ``RECORDING_FAILS``: calls go on and are not recorded."""

    CALLS_CAPPED = "calls_capped"
    RECORDING_FAILS = "recording_fails"


STAFF = "staff:"
"""Before the id of a member of staff whom an alarm is about."""
