"""What the exchange wrote down becomes calls that have passed; the rows are real ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotline.errors import Unavailable
from hotline.ports.callsink import CallFact, CallPassed
from hotline.ports.pbx import Direction
from telephony.records import CallRecords, tell_passed

ROWS = Path(__file__).parent / "data" / "call_records.csv"


ROWS_SINCE = ROWS.read_bytes().replace(b"138000", b"139000").replace(b"17953729", b"17953739")


def write(folder: Path, rows: bytes) -> None:
    """What the exchange writes."""
    (folder / "Master.csv").write_bytes(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, ROWS.read_bytes())
    return tmp_path


def by_number(folder: Path) -> dict[str, CallPassed]:
    return {call.number: call for call in CallRecords(folder).take().calls}


def test_each_caller_is_one_call_with_number_and_times(folder: Path) -> None:
    calls = by_number(folder)
    assert set(calls) == {f"1380000000{n}" for n in (1, 2, 3, 4)} | {"13800138011"}
    call = calls["13800000002"]
    assert call.call_id == "1795372912.1"
    assert (call.called, call.direction) == ("12345", Direction.INBOUND)
    assert call.arrived_at == datetime(2026, 11, 22, 18, 41, 52, tzinfo=UTC)
    assert call.at == datetime(2026, 11, 22, 18, 41, 57, tzinfo=UTC)


def test_who_talked_is_told_and_who_did_not_pick_up_is_not(folder: Path) -> None:
    agents = {number: call.agent for number, call in by_number(folder).items()}
    assert agents["13800000001"] is None  # hung up while waiting
    assert agents["13800000002"] == "8001"  # 8011111 was rung before
    assert agents["13800000003"] == "8001"  # through the plain queue
    assert agents["13800000004"] is None  # heard that nobody is on duty


def test_a_call_of_ours_is_outbound(folder: Path) -> None:
    call = by_number(folder)["13800138011"]
    assert (call.direction, call.agent, call.name) == (Direction.OUTBOUND, "8001", "")


def test_what_is_no_callers_channel_or_no_record_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "Master.csv").write_text('"","1","s"\n\n"\n"a,"b\x00', "utf-8")
    assert CallRecords(tmp_path).take().calls == []


def left(folder: Path) -> list[Path]:
    """The files that are still there."""
    return list(folder.iterdir())


class Sink:
    """Takes all calls but those of ``refused``."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.told: list[str] = []

    async def happened(self, fact: CallFact) -> None:
        assert isinstance(fact, CallPassed)
        if fact.number in self.refused:
            raise Unavailable("disk_full")
        self.told.append(fact.number)


async def test_what_was_taken_is_deleted_since_it_carries_plain_numbers(folder: Path) -> None:
    sink = Sink()
    await tell_passed(CallRecords(folder), sink, ())
    assert len(sink.told) == 5
    assert left(folder) == []


async def test_what_was_not_taken_is_told_again_with_what_came_since(folder: Path) -> None:
    await tell_passed(CallRecords(folder), Sink("13800000003"), ())
    write(folder, ROWS_SINCE)
    sink = Sink()
    await tell_passed(CallRecords(folder), sink, ())
    assert {"13800000003", "13900000003"} <= set(sink.told)
    assert left(folder) == []


async def test_calls_that_go_on_tell_of_themselves(folder: Path) -> None:
    sink = Sink()
    await tell_passed(CallRecords(folder), sink, {"1795372911.0"})
    assert "13800000001" not in sink.told
