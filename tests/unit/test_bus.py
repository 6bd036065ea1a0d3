"""The in-process bus: everyone who listens gets it in order; a slow listener loses the oldest."""

from __future__ import annotations

import asyncio

from hotline.kernel.bus import InProcessBus


async def test_everyone_who_listens_gets_it_in_order() -> None:
    bus = InProcessBus()
    async with bus.subscribe("cases") as one, bus.subscribe("cases") as two:
        for n in range(3):
            bus.publish("cases", n)
        for listener in (one, two):
            assert [await anext(listener) for _ in range(3)] == [0, 1, 2]


async def test_topics_are_apart_and_nobody_listening_is_no_error() -> None:
    bus = InProcessBus()
    bus.publish("queue", "lost")
    async with bus.subscribe("queue") as queue:
        bus.publish("cases", "other")
        bus.publish("queue", "mine")
        assert await anext(queue) == "mine"


async def test_a_listener_waits_for_the_next_message() -> None:
    bus = InProcessBus()
    async with bus.subscribe("cases") as listener:
        waiting = asyncio.ensure_future(anext(listener))
        await asyncio.sleep(0)
        assert not waiting.done()
        bus.publish("cases", 1)
        assert await waiting == 1


async def test_a_slow_listener_loses_the_oldest_and_nobody_waits_for_it() -> None:
    bus = InProcessBus()
    async with bus.subscribe("cases", limit=2) as slow, bus.subscribe("cases") as other:
        for n in range(5):
            bus.publish("cases", n)
        assert [await anext(slow) for _ in range(2)] == [3, 4]
        assert [await anext(other) for _ in range(5)] == [0, 1, 2, 3, 4]


async def test_topics_that_nobody_listens_to_leave_nothing_behind() -> None:
    bus = InProcessBus()
    for n in range(100):
        async with bus.subscribe(f"case:{n}"):
            bus.publish(f"case:{n}", 1)
        bus.publish(f"case:{n}", 2)
    assert not bus._listeners
