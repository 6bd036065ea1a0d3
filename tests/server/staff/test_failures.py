"""Deliveries that wait for a decision."""

from __future__ import annotations

from datetime import UTC, datetime

from hotline.kernel.audit import Act
from hotline.kernel.db import Tx
from hotline.kernel.events import Recorded
from hotline.kernel.relay import Relay, Subscription
from hotline.staff.events import UserChanged
from tests.support.staff_fixtures import House, Visit


async def test_an_operator_sees_a_parked_delivery_and_has_it_tried_again(house: House, admin: Visit) -> None:
    broken = True

    async def handle(tx: Tx, recorded: Recorded) -> None:
        if broken:
            raise RuntimeError("the printer is on fire")
        await house.audit.append(tx, Act("system:test", "printed", recorded.event.aggregate))

    relay = Relay(house.database, _Later(), [Subscription("printer", UserChanged, handle)], attempts=1)
    await house.user("li.wei", "agent")
    while await relay.drain_once():
        pass
    failures = (await admin.call("GET", "/api/admin/failures")).body
    assert {one["subscriber"] for one in failures} == {"printer"}
    assert "the printer is on fire" in failures[0]["error"]
    broken = False
    which = {"subscriber": "printer", "event_id": failures[0]["event_id"]}
    assert (await admin.call("POST", "/api/admin/failures/replay", which)).status == 204
    while await relay.drain_once():
        pass
    left = (await admin.call("GET", "/api/admin/failures")).body
    assert failures[0]["event_id"] not in {one["event_id"] for one in left}
    assert [one["object"] for one in await house.audited("printed")] == [failures[0]["aggregate"]]
    assert len(await house.audited("failure.replay")) == 1
    again = await admin.call("POST", "/api/admin/failures/replay", which)
    assert (again.status, again.body["code"]) == (404, "not_parked")


class _Later:
    """A clock ahead of every event: all of them are due."""

    def now(self) -> datetime:
        return datetime(2100, 1, 1, tzinfo=UTC)
