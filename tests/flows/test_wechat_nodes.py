"""Several nodes at one database, and the command that plays the platform of the demo."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hotline.demo.wechat_account import FILE
from tests.support.postgres import PostgresServer
from tests.support.running import RunningHotline, running_hotline
from tests.support.wechat import WeChatAccount, wechat_process
from tests.support.wechat_desk import QUIET, Account, wechat_line

USER = "oCitizen00000000000000000001"


@pytest.fixture
def nodes(postgres: PostgresServer, tmp_path: Path) -> Iterator[Account]:
    """Three nodes with the same database, keys and official account."""
    given = WeChatAccount()
    with wechat_process(["http://127.0.0.1:9/not-yet"], given) as platform, ExitStack() as stack:
        environment = QUIET | given.settings(platform) | {"HOTLINE_DATABASE_URL": postgres.new_database()}
        hotlines: list[RunningHotline] = []
        for name in "abc":
            folder = tmp_path / name
            if hotlines:
                folder.mkdir()
                shutil.copytree(hotlines[0].data / "secrets", folder / "secrets")
            hotlines.append(stack.enter_context(running_hotline(folder, environment)))
        yield Account(hotlines, given, platform)


async def test_fault_8_the_same_message_told_to_three_nodes_is_one_message(nodes: Account) -> None:
    async with wechat_line(nodes) as line:
        for at_once in (False, True):
            words = f"told to everybody {at_once}"
            told = await line.wechat.say(USER, words, callbacks=nodes.callbacks, deaf=True, at_once=at_once)
            assert sorted(one["url"] for one in told["tries"]) == sorted(nodes.callbacks)
            assert [one["body"] for one in told["tries"]] == ["success"] * 3
        await line.wechat.say(USER, "the last")
        conversation_id = await line.desk.serving("told to everybody")
        assert await line.desk.words_of(conversation_id, 3) == [
            "told to everybody False",
            "told to everybody True",
            "the last",
        ]
        await line.desk.reply(conversation_id, "understood")
        await line.desk.delivered(conversation_id, "understood", "sent")
        # One node sends: the greeting and the answer arrive once.
        arrived = [one["text"] for one in await line.wechat.received(USER, 3) if one["via"] == "custom"]
        assert len(arrived) == 2
        assert arrived[1] == "understood"


def wechat(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hotline", "demo", "wechat", "--data", str(data), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_demo_can_be_written_to_without_any_setting(tmp_path: Path) -> None:
    photo = Path(sys.modules["hotline"].__path__[0]) / "demo" / "wechat_platform" / "data" / "photo.jpg"
    with running_hotline(tmp_path / "data", QUIET) as hotline:
        account = json.loads((hotline.data / FILE).read_text("utf-8"))
        assert (hotline.data / FILE).stat().st_mode & 0o077 == 0
        done = wechat(hotline.data, "--json", "--text", "no water", "--image", str(photo),
                      "--location", "32.04,118.78", "--wait", "3")  # fmt: skip
        assert done.returncode == 0, done.stderr
        written: dict[str, Any] = json.loads(done.stdout)
        assert [(one["kind"], one["heard"]) for one in written["sent"]] == [
            ("text", True),
            ("image", True),
            ("location", True),
        ]
        secrets = [account[name] for name in ("wechat_token", "wechat_secret", "wechat_aes_key")]
        assert [one for one in secrets if one in done.stdout + done.stderr] == []
    # Nobody is there any more: the words say so, and so does the code.
    gone = wechat(hotline.data, "--text", "hello")
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "No hotline answers" in gone.stderr


def test_what_the_command_cannot_do_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wechat(tmp_path).returncode == 2
    assert wechat(tmp_path, "--location", "91,0").returncode == 2
    assert wechat(tmp_path, "--location", "here").returncode == 2
    assert wechat(tmp_path, "--image", str(tmp_path / "none.jpg")).returncode == 2
    none = wechat(tmp_path, "--text", "hello")
    assert none.returncode == 1
    assert "has no WeChat official account" in none.stderr
    monkeypatch.setenv("HOTLINE_WECHAT_APP_ID", "wxreal")
    real = wechat(tmp_path, "--text", "hello")
    assert real.returncode == 1
    assert "https://api.weixin.qq.com" in real.stderr
