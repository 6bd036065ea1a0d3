"""Articles on both engines: the search finds the same in the same order, and two pens do not cross."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from hotline.demo.seed import seed_demo
from hotline.errors import Conflict
from hotline.kernel.db import Database
from hotline.knowledge.model import Content, asked_grams
from hotline.knowledge.store import Wanted
from hotline.knowledge.views import ArticleView
from hotline.web.auth import Principal
from tests.support.staff_fixtures import House


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    house = House(database, tmp_path)
    await house.roles.install_defaults()
    yield house
    house.passwords.close()


async def person(house: House, account: str, role: str) -> Principal:
    """An account of the centre as the web would bring it."""
    await house.user(account, role)
    async with house.database.read() as reader:
        user = await house.staff.user_by_account(reader, account)
    assert user is not None
    loaded = await house.staff.load(user.id)
    assert loaded is not None
    return Principal(
        kind="staff",
        id=loaded.id,
        name=loaded.name,
        roles=loaded.roles,
        capabilities=loaded.capabilities,
        unit_id=loaded.unit_id,
        session="s",
        csrf="c",
    )


async def published(house: House, who: Principal, content: Content) -> str:
    async with house.database.uow() as tx:
        article_id = await house.knowledge.write(tx, who, None, content)
        await house.knowledge.publish(tx, who, article_id, 1)
    return article_id


async def found(house: House, who: Principal, q: str = "", **more: Any) -> list[ArticleView]:
    wanted = Wanted(grams=asked_grams(q), **more)
    async with house.database.read() as reader:
        views, _ = await house.knowledge.page(reader, who, wanted, 0, 50)
    return views


async def titles(house: House, who: Principal, q: str = "", **more: Any) -> list[str]:
    return [one.title for one in await found(house, who, q, **more)]


def demo_articles() -> list[dict[str, Any]]:
    folder = files("hotline.demo").joinpath("data")
    parts = json.loads(folder.joinpath("articles.json").read_text("utf-8"))["parts"]
    read = [json.loads(folder.joinpath(f"articles_{part}.json").read_text("utf-8")) for part in parts]
    return [article for part in read for article in part["articles"]]


async def test_a_word_inside_any_demo_article_finds_it(house: House) -> None:
    await seed_demo(
        house.database, house.staff, house.roles, house.organisation, house.places, house.knowledge
    )
    lead = await person(house, "lead", "shift_lead")
    chance = random.Random(7)
    for article in demo_articles():
        body = "\n".join(article["body"])
        pairs = [body[at : at + 2] for at in range(len(body) - 1) if body[at : at + 2].isalnum()]
        for word in chance.sample(pairs, 3):
            assert article["title"] in await titles(house, lead, word), (word, article["title"])


async def test_the_demo_answers_what_people_often_ask(house: House) -> None:
    await seed_demo(
        house.database, house.staff, house.roles, house.organisation, house.places, house.knowledge
    )
    lead = await person(house, "lead", "shift_lead")
    for asked, expected in {
        "停水到几点": "停水了怎么查、怎么答",
        "充值不到账": "燃气充值不到账、插卡没反应",
        "今年几号供暖": "供暖什么时候开始、什么时候停",
        "测温退费": "测温怎么测、不达标怎么退费",
        "报装材料": "用水报装、过户要带什么",
        "井盖归谁": "井盖归谁管：看字、看形、看位置",
    }.items():
        assert expected in (await titles(house, lead, asked))[:3], asked


async def test_title_before_keyword_before_body_and_then_what_is_used_more(house: House) -> None:
    lead = await person(house, "lead", "shift_lead")
    await published(house, lead, Content("article", "一", "说到井盖"))
    often = await published(house, lead, Content("article", "二", "也说到井盖"))
    await published(house, lead, Content("article", "三", "别的", keywords=("井盖",)))
    await published(house, lead, Content("article", "井盖", "别的"))
    async with house.database.uow() as tx:
        await house.knowledge.use(tx, often)
    assert await titles(house, lead, "井盖") == ["井盖", "三", "二", "一"]
    assert await titles(house, lead, "井") == ["井盖", "三", "二", "一"]
    assert await titles(house, lead, "路灯") == []


async def test_a_category_finds_itself_those_below_and_those_above_the_nearest_first(house: House) -> None:
    lead = await person(house, "lead", "shift_lead")
    for title, code in (("all", "WS"), ("group", "WS-01"), ("leaf", "WS-01-02"), ("other", "WS-02-01")):
        await published(house, lead, Content("article", title, "text", (code,)))
    assert await titles(house, lead, category="WS-01-02") == ["leaf", "group", "all"]
    assert await titles(house, lead, category="WS-01") == ["leaf", "group", "all"]
    assert set(await titles(house, lead, category="WS")) == {"leaf", "group", "all", "other"}
    assert await titles(house, lead, category="GS") == []


async def test_a_notice_comes_first_and_goes_with_its_date(house: House) -> None:
    lead = await person(house, "lead", "shift_lead")
    await published(house, lead, Content("article", "停水怎么答", "先问"))
    until = house.clock.now() + timedelta(hours=6)
    await published(house, lead, Content("notice", "今天停水", "到六点", valid_until=until))
    assert await titles(house, lead) == ["今天停水", "停水怎么答"]
    house.clock.turn(timedelta(hours=6))
    assert await titles(house, lead) == await titles(house, lead, "停水") == ["停水怎么答"]
    assert set(await titles(house, lead, shelf="all")) == {"今天停水", "停水怎么答"}


async def test_agents_find_the_published_words_and_writers_the_latest(house: House) -> None:
    lead, agent = await person(house, "lead", "shift_lead"), await person(house, "ann", "agent")
    article_id = await published(house, lead, Content("article", "停暖", "老办法"))
    async with house.database.uow() as tx:
        await house.knowledge.edit(tx, lead, article_id, 2, Content("article", "停暖", "新规定"))
    assert await titles(house, agent, "办法") == ["停暖"]
    assert await titles(house, agent, "规定") == []
    assert await titles(house, lead, "规定", shelf="drafts") == ["停暖"]
    async with house.database.uow() as tx:
        await house.knowledge.publish(tx, lead, article_id, 3)
    assert await titles(house, agent, "办法") == []
    assert [one.edition for one in await found(house, agent, "规定")] == [2]
    async with house.database.uow() as tx:
        await house.knowledge.withdraw(tx, lead, article_id, 4, "Out of date.")
    assert await titles(house, agent, "规定") == await titles(house, lead, shelf="all", kind="notice") == []
    assert await titles(house, lead, "规定", shelf="withdrawn") == ["停暖"]


async def test_of_two_pens_at_the_same_moment_one_is_told(house: House) -> None:
    lead = await person(house, "lead", "shift_lead")
    article_id = await published(house, lead, Content("article", "停暖", "老办法"))

    async def edit(text: str) -> None:
        async with house.database.uow() as tx:
            await house.knowledge.edit(tx, lead, article_id, 2, Content("article", "停暖", text))

    ends = await asyncio.gather(*(edit(f"第{n}版") for n in range(4)), return_exceptions=True)
    refused = [end for end in ends if end is not None]
    assert [end.code for end in refused if isinstance(end, Conflict)] == ["changed_meanwhile"] * 3
    async with house.database.read() as reader:
        assert [one.edition for one in await house.knowledge.editions(reader, lead, article_id)] == [2, 1]
