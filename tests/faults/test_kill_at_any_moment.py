"""kill -9 at any moment of the thin slice: what was acknowledged is there, and nothing is there twice."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.support.people import people
from tests.support.running import RunningHotline, demo_password, running_hotline
from tests.support.story import TEXT, Story


async def _step_under_fire(hotline: RunningHotline, story: Story, name: str, delay: float) -> None:
    """Begin the step, kill the server after ``delay`` seconds, restart it, then do the step for good."""
    step = dict(story.steps)[name]
    doing = asyncio.ensure_future(step())
    await asyncio.wait({doing}, timeout=delay)
    await asyncio.to_thread(hotline.kill)
    (outcome,) = await asyncio.gather(doing, return_exceptions=True)
    assert outcome is None or isinstance(outcome, aiohttp.ClientError | OSError), repr(outcome)
    await asyncio.to_thread(hotline.start)
    await story.agent.open_page()
    await step()


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_step_survives_kill_minus_nine(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with running_hotline(tmp_path / "data") as hotline:
        async with people(hotline.url) as person:
            password = demo_password()
            story = Story(
                citizen=await person().arrive(),
                agent=await person().sign_in("agent1", password),
                dispatcher=await person().sign_in("dispatcher", password),
                clerk=await person().sign_in("clerk-lt", password),
            )
            await story.agent.open_page()
            for name, _ in story.steps:
                await _step_under_fire(hotline, story, name, chance.uniform(0.0, 0.08))
            await _nothing_twice(story)
            await _nothing_parked(hotline)


async def _nothing_twice(story: Story) -> None:
    cases = await story.agent.ask("GET", "/api/cases")
    assert [case["case_no"] for case in cases["items"]] == [story.case_no]
    actions = [event["action"] for event in await story.events(story.agent)]
    assert len(actions) == len(set(actions)), actions
    chat = await story.citizen.ask("GET", "/api/citizen/conversation")
    said = [message["text"] for message in chat["messages"] if message["author"] == "citizen"]
    assert said == [TEXT]
    told = [message["text"] for message in chat["messages"] if message["kind"] in ("notice", "survey")]
    assert len(told) == len(set(told)), told


async def _nothing_parked(hotline: RunningHotline) -> None:
    """The operator's own commands agree: no parked delivery, and every chain holds."""
    for command in (["doctor"], ["audit", "verify"]):
        found = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "hotline", *command, "--json", "--data", str(hotline.data)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stdout + found.stderr
        if command == ["doctor"]:
            checks = {one["check"]: one["detail"] for one in json.loads(found.stdout)["findings"]}
            assert checks["deliveries"] == "none parked"
