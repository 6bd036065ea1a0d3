"""The product's side of benchmark 1: ``hotline.main.build``, its link pointed at the scripted exchange.

    python -m bench.screen_pop.product prepare --data FOLDER --agents 200 --contacts 1000
    python -m bench.screen_pop.product serve --data FOLDER --ami PORT

``prepare`` prints the agents and their sessions, and the numbers of the contacts, as one JSON object;
``serve`` prints the URL once it answers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import hotline.calling
from hotline.config import Settings, load_settings
from hotline.contacts.service import Contacts
from hotline.kernel.audit import Audit
from hotline.kernel.clock import SystemClock
from hotline.kernel.sealing import Sealer
from hotline.kernel.secretfile import SecretFolder
from hotline.lines import LOOPBACK, Lines
from hotline.main import build
from hotline.migrations.run import migrate
from hotline.serving import serve
from hotline.staff.model import NewUser
from hotline.staff.passwords import Passwords
from hotline.web.sessions import Sessions
from hotline.web.throttle import Throttle
from telephony.accounts import AriSettings
from telephony.ami.link import LinkSettings
from telephony.pbx import AmiPbx, PbxSettings
from tests.support.ami_server import SECRET, USER

FIRST_NUMBER = 13800000000
PASSWORD = "Nobody-signs-in-with-it-7"  # noqa: S105 - of accounts that live as long as the benchmark


class ScriptedLines(Lines):
    """Keeps no Asterisk running; links to the exchange at ``port``."""

    port = 0

    async def keep(self) -> None:
        await asyncio.Event().wait()

    @asynccontextmanager
    async def connect(self, still_ours: Callable[[], Awaitable[None]]) -> AsyncIterator[AmiPbx]:
        link = LinkSettings(LOOPBACK, self.port, USER, SECRET)
        folder = self._asterisk.settings.folder
        folder.mkdir(parents=True, exist_ok=True)
        ari = AriSettings(f"http://{LOOPBACK}:1", "nobody", "nothing", folder / "accounts.json")
        pbx = AmiPbx(PbxSettings(link, ari), self._sink, self._clock, still_ours)
        await pbx.start()
        try:
            yield pbx
        finally:
            await pbx.close()


async def prepare(settings: Settings, agents: int, contacts: int) -> dict[str, Any]:
    """An installation with so many agents, all signed in, and so many citizens known by their number."""
    wired, clock = build(settings), SystemClock()
    await wired.prepare()
    sealer, throttle = Sealer(SecretFolder(settings.secrets_folder)), Throttle(wired.database, clock)
    people = Contacts(wired.database, clock, sealer, Audit(clock), throttle)
    sessions = Sessions(wired.database, clock)
    hashed = await Passwords().hash(PASSWORD)
    signed_in = []
    async with wired.database.uow() as tx:
        for n in range(agents):
            new = NewUser(f"agent{n}", f"Agent {n}", PASSWORD, ("agent",), must_change_password=False)
            user_id = (await wired.staff.add_user(tx, "bench", new, hashed)).id
            token, session = await sessions.begin(tx, "staff", user_id)
            signed_in.append({"id": user_id, "token": token, "csrf": session.csrf})
    numbers = [str(FIRST_NUMBER + n) for n in range(contacts)]
    async with wired.database.uow() as tx:
        for n, number in enumerate(numbers):
            await people.add(tx, f"Citizen {n}", number)
    while await wired.relay.drain_once():
        pass  # what follows from all this is not part of what is measured
    await wired.database.close()
    return {"agents": signed_in, "numbers": numbers}


async def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    wired = build(settings)
    await wired.prepare()
    await serve(wired, lambda url: print(json.dumps({"url": url}), flush=True))


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("prepare", "serve"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--ami", type=int, default=0)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--contacts", type=int, default=1000)
    given = parser.parse_args()
    settings = load_settings(given.data, {"port": 0, "host": LOOPBACK})
    if given.what == "prepare":
        migrate(settings.database)
        print(json.dumps(asyncio.run(prepare(settings, given.agents, given.contacts))))
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ScriptedLines.port = given.ami
    vars(hotline.calling)["Lines"] = ScriptedLines
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
