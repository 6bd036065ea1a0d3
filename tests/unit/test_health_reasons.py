"""Every reason of the health page has its words in both languages of the desk, and every part its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from hotline.lines import REASONS
from hotline.ports.classifier import Condition, State
from hotline.ports.transcriber import EngineState, EngineStatus
from hotline.speech import speech_health
from hotline.understanding import health_of
from hotline.web.health import PARTS, HealthBoard, PartHealth
from hotline.web.parts import switched_off

I18N = Path(__file__).parents[2] / "agents_ui" / "src" / "i18n"
LINES = ("starting", "stopped", "not_started", "died", "no_link", *REASONS.values())
RECORDINGS = ("disk_full", "disk_low", "folder_unwritable", "nothing_written")
WECHAT = ("no_account", "platform_played", "platform_trouble")
BOARD = ("not_included", "no_answer", "workers_down", "switched_off")


def codes() -> set[str]:
    statuses = [EngineStatus(state, "whisper", "base") for state in EngineState]
    missing = [
        EngineStatus(EngineState.MISSING_MODEL, "whisper", "base", code=code)
        for code in ("speech_no_model", "speech_engine_missing", "speech_model_wrong")
    ]
    found = [speech_health(status, Path("base")) for status in (*statuses, *missing)]
    found += [health_of(Condition(state)) for state in get_args(State)]
    assert all(health.code for health in found if health.state != "ok")
    return {*LINES, *RECORDINGS, *WECHAT, *BOARD, *(health.code for health in found if health.state != "ok")}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_reason_has_words_and_every_part_a_name(language: str) -> None:
    words = json.loads((I18N / language / "staff.json").read_text("utf-8"))["health"]
    assert set(words["reason"]) == codes()
    assert set(words["part"]) == {*PARTS, "recordings", "wechat"}


async def test_the_board_tells_the_reason_with_what_belongs_into_it() -> None:
    async def telephony() -> PartHealth:
        return PartHealth("absent", "No Asterisk could be fetched", "unfetchable", {"reason": "no answer"})

    board = HealthBoard()
    board.add("telephony", telephony)
    board.add("speech", switched_off)
    parts = (await board.report()).parts
    assert (parts["telephony"].code, parts["telephony"].params) == ("unfetchable", {"reason": "no answer"})
    assert parts["speech"].code == "switched_off"
    assert parts["classifier"].code == "not_included"
