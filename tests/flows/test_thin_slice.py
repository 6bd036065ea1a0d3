"""From a citizen's first word to the closed case, over HTTP, on both engines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.people import people
from tests.support.postgres import PostgresServer
from tests.support.running import demo_password, running_hotline
from tests.support.story import PHONE, TEXT, Story


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgres")
    return {"HOTLINE_DATABASE_URL": server.new_database()}


async def test_a_web_chat_becomes_a_closed_case(tmp_path: Path, environment: dict[str, str]) -> None:
    with running_hotline(tmp_path / "data", environment) as hotline:
        async with people(hotline.url) as person:
            password = demo_password()
            story = Story(
                citizen=await person().arrive(),
                agent=await person().sign_in("agent1", password),
                dispatcher=await person().sign_in("dispatcher", password),
                clerk=await person().sign_in("clerk-lt", password),
            )
            await story.agent.open_page()
            for _, step in story.steps:
                await step()

            actions = [event["action"] for event in await story.events(story.agent)]
            assert actions[:3] == ["register", "accept", "dispatch"]
            assert actions[-1] == "close"
            assert len(story.heard) == 1
            assert story.case_no in story.heard[0]
        # DOMAIN §10 item 22: the whole story has left no number, name or word of the citizen in the log.
        written = hotline.log.read_text("utf-8")
        assert not re.search(r"1[3-9]\d{9}", written)
        assert PHONE not in written
        assert TEXT not in written
