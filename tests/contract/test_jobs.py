"""Jobs: claimed once, leased, retried, parked, planned once per key."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from hotline.kernel.db import Database, Tx
from hotline.kernel.jobs import ATTEMPTS, LEASE, Job, JobQueue, job
from tests.support.clock import MovableClock
from tests.support.notes import add_note_table, note, notes
from tests.support.waiting import until


class Worker:
    """A job queue of one node, with a handler that remembers and may fail or die."""

    def __init__(self, database: Database, clock: MovableClock) -> None:
        self.queue = JobQueue(database, clock)
        self.done: list[str] = []
        self.tries = 0
        self.fails = False
        self.dies = False
        self.queue.register("ring", self._ring)

    async def _ring(self, _tx: Tx, one: Job) -> None:
        self.tries += 1
        if self.dies:
            raise asyncio.CancelledError
        if self.fails:
            raise ValueError("no answer")
        self.done.append(one.key)


@pytest.fixture
def worker(database: Database, clock: MovableClock) -> Worker:
    return Worker(database, clock)


async def plan(database: Database, worker: Worker, key: str, *, kind: str = "ring", **more: object) -> bool:
    async with database.uow() as tx:
        return await worker.queue.enqueue(tx, kind, key, {"n": 1}, **more)  # type: ignore[arg-type]


async def states(database: Database) -> dict[str, str]:
    async with database.read() as reader:
        return {row.key: row.state for row in await reader.execute(sa.select(job))}


async def work_off(worker: Worker) -> None:
    while await worker.queue.run_one():
        continue


async def test_a_job_is_done_once(database: Database, worker: Worker) -> None:
    await plan(database, worker, "a")
    await work_off(worker)
    await work_off(worker)
    assert worker.done == ["a"]
    assert await states(database) == {"a": "done"}


async def test_jobs_come_in_the_order_of_their_time_and_not_before_it(
    database: Database, worker: Worker, clock: MovableClock
) -> None:
    start = clock.now()
    clock.move(minutes=2)
    two = clock.now()
    clock.move(minutes=-1)
    one = clock.now()
    clock.at = start
    await plan(database, worker, "later", run_at=two)
    await plan(database, worker, "sooner", run_at=one)
    await work_off(worker)
    assert worker.done == []
    clock.move(minutes=5)
    await work_off(worker)
    assert worker.done == ["sooner", "later"]


async def test_a_key_is_planned_once_also_when_it_is_done(database: Database, worker: Worker) -> None:
    assert await plan(database, worker, "a")
    assert not await plan(database, worker, "a")
    await work_off(worker)
    assert not await plan(database, worker, "a")
    assert await plan(database, worker, "b")
    await work_off(worker)
    assert worker.done == ["a", "b"]


async def test_a_job_of_a_unit_that_fails_was_never_planned(database: Database, worker: Worker) -> None:
    with pytest.raises(KeyError):
        async with database.uow() as tx:
            await worker.queue.enqueue(tx, "ring", "a", {})
            raise KeyError
    assert await states(database) == {}


async def test_a_cancelled_job_is_not_done_and_its_key_is_free_again(
    database: Database, worker: Worker
) -> None:
    await plan(database, worker, "a")
    async with database.uow() as tx:
        assert await worker.queue.cancel(tx, "ring", "a")
        assert not await worker.queue.cancel(tx, "ring", "a")
    await work_off(worker)
    assert worker.done == []
    assert await plan(database, worker, "a")
    await work_off(worker)
    assert worker.done == ["a"]


async def test_several_workers_do_each_job_once(database: Database, clock: MovableClock) -> None:
    workers = [Worker(database, clock) for _ in range(4)]
    keys = [f"{n:02}" for n in range(30)]
    for key in keys:
        await plan(database, workers[0], key)
    await asyncio.gather(*(work_off(worker) for worker in (*workers, *workers)))
    assert sorted(key for worker in workers for key in worker.done) == keys


async def test_a_worker_leaves_alone_what_it_has_no_handler_for(database: Database, worker: Worker) -> None:
    await plan(database, worker, "a", kind="another")
    await work_off(worker)
    assert await states(database) == {"a": "planned"}


async def test_what_a_job_writes_and_its_completion_are_one_unit(
    database: Database, worker: Worker, clock: MovableClock
) -> None:
    await add_note_table(database)
    tries = 0

    async def write(tx: Tx, one: Job) -> None:
        nonlocal tries
        tries += 1
        await tx.execute(note.insert(), {"id": f"{one.key}-{tries}"})
        if tries == 1:
            raise ValueError

    worker.queue.register("ring", write)
    await plan(database, worker, "a")
    await work_off(worker)
    clock.move(minutes=1)
    await work_off(worker)
    async with database.read() as reader:
        assert await notes(reader) == {"a-2"}


async def test_a_failed_job_is_tried_again_later_and_parked_in_the_end(
    database: Database, worker: Worker, clock: MovableClock
) -> None:
    worker.fails = True
    await plan(database, worker, "a")
    await work_off(worker)
    assert worker.tries == 1  # not again at once
    for _ in range(ATTEMPTS + 3):
        clock.move(hours=1)
        await work_off(worker)
    assert worker.tries == ATTEMPTS
    assert await states(database) == {"a": "parked"}
    await plan(database, worker, "b")
    worker.fails = False
    await work_off(worker)
    assert worker.done == ["b"]


async def die_at_it(worker: Worker) -> None:
    """The worker is gone in mid-job: nothing it had begun is kept, and nothing tidies up."""
    with pytest.raises(asyncio.CancelledError):
        await worker.queue.run_one()


async def test_the_job_of_a_dead_worker_comes_up_again_when_its_lease_is_over(
    database: Database, worker: Worker, clock: MovableClock
) -> None:
    await plan(database, worker, "a")
    worker.dies = True
    await die_at_it(worker)
    heir = Worker(database, clock)
    await work_off(heir)
    assert heir.done == []
    clock.move(seconds=LEASE.total_seconds())
    await work_off(heir)
    assert heir.done == ["a"]


async def test_a_job_that_kills_every_worker_is_parked(
    database: Database, worker: Worker, clock: MovableClock
) -> None:
    await plan(database, worker, "a")
    worker.dies = True
    for _ in range(ATTEMPTS):
        await die_at_it(worker)
        clock.move(seconds=LEASE.total_seconds())
    await work_off(worker)
    assert worker.tries == ATTEMPTS
    assert await states(database) == {"a": "parked"}


async def test_a_worker_that_was_frozen_beyond_its_lease_does_nothing_more(
    database: Database, worker: Worker, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plan(database, worker, "a")
    heir = Worker(database, clock)
    claim = worker.queue._claim

    async def claim_and_freeze() -> Job | None:
        claimed = await claim()
        clock.move(seconds=LEASE.total_seconds())
        await work_off(heir)
        return claimed

    monkeypatch.setattr(worker.queue, "_claim", claim_and_freeze)
    assert await worker.queue.run_one()
    assert heir.done == ["a"]
    assert worker.done == []


async def test_a_running_worker_wakes_up_at_a_commit(
    database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.kernel.jobs.POLL_SECONDS", 3600)
    running = asyncio.create_task(worker.queue.run())
    await asyncio.sleep(0)
    await plan(database, worker, "a")
    worker.queue.wake()
    await until(lambda: worker.done == ["a"], "the job is done")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
