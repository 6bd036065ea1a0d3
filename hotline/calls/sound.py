"""What is known of its recording is part of what is shown of a call."""

from __future__ import annotations

from typing import cast

from hotline.calls import store
from hotline.calls.arrivals import call_changed
from hotline.kernel.db import Tx
from hotline.kernel.events import Recorded
from hotline.recordings.events import RecordingChanged


async def sound_changed(tx: Tx, recorded: Recorded) -> None:
    """Pages that show the call are told, for example that it can be heard now."""
    row = await store.by_id(tx, cast(RecordingChanged, recorded.event).call_id)
    if row is not None:
        call_changed(tx, row.id, row.conversation_id, row.state)
