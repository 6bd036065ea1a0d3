"""The exchange of an installation: the plugin ``telephony`` given this installation's settings."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hotline.config import Settings
from hotline.errors import ConfigurationError, Unavailable
from hotline.kernel.secretfile import SecretFolder
from hotline.ports.callsink import CallSink
from hotline.ports.clock import Clock
from hotline.web.health import PartHealth
from telephony.accounts import AriSettings
from telephony.ami.link import LinkSettings
from telephony.asterisk.fetch import cache_folder, obtain
from telephony.asterisk.run import Asterisk, Status
from telephony.asterisk.settings import AsteriskSettings, Trunk
from telephony.carrier.run import CallReport, Carrier, CitizenCall
from telephony.dialling import DialSettings
from telephony.pbx import AmiPbx, PbxSettings

__all__ = ["Asterisk", "CallReport", "Carrier", "CitizenCall", "Lines", "Status", "demo_carrier", "exchange"]

LOOPBACK = "127.0.0.1"
REALM = "hotline"
TRY_AGAIN_SECONDS = 60.0
WATCH_SECONDS = 0.5
log = logging.getLogger(__name__)


def exchange(settings: Settings) -> Asterisk:
    """The exchange that belongs to ``settings.data``; nothing is started yet."""
    secrets = SecretFolder(settings.secrets_folder)
    folder = settings.data / "telephony"
    trunk = Trunk(
        settings.trunk_host,
        settings.trunk_user,
        settings.trunk_password,
        settings.trunk_transport,
        _listed(settings.trunk_addresses),
    )
    host = settings.sip_host or settings.host
    return Asterisk(
        AsteriskSettings(
            folder=folder,
            cache=cache_folder(folder),
            ami_password=secrets.key("asterisk-manager").hex(),
            ari_password=secrets.key("asterisk-accounts").hex(),
            program=settings.asterisk,
            host=LOOPBACK if host == "localhost" else host,
            public_address=settings.sip_public_address,
            first_port=settings.telephony_port,
            trunk=trunk,
            certificate=settings.certificate,
            certificate_key=settings.certificate_key,
            language=settings.sound_language,
            ring=settings.offer_seconds,
        )
    )


def recordings_folder(settings: Settings) -> Path:
    """Where the exchange puts complete recordings, whether it ever ran or not."""
    return settings.data / "telephony" / "recordings"


class Lines:
    """The exchange beside the running product: started or adopted without holding up anything else."""

    def __init__(self, settings: Settings, clock: Clock, sink: CallSink) -> None:
        self._caller_id = next(iter(_listed(settings.trunk_caller_ids)), "")
        self._clock = clock
        self._sink = sink
        self._asterisk = exchange(settings)
        self._pbx: AmiPbx | None = None
        self._trouble = PartHealth("degraded", "starting")

    @property
    def browser_way(self) -> tuple[str, int] | None:
        """Scheme and port of the socket of browsers' phones; None while the exchange never ran."""
        return self._asterisk.browser_path if self._asterisk.ports is not None else None

    async def health(self) -> PartHealth:
        """For the health board: whether calls come in, or why not."""
        if self._pbx is None:
            return self._trouble
        if self._pbx.is_up:
            return PartHealth("ok", "Asterisk")
        return PartHealth("degraded", f"no link to Asterisk: {self._pbx.trouble or 'reading what it has'}")

    @asynccontextmanager
    async def connect(self, still_ours: Callable[[], Awaitable[None]]) -> AsyncIterator[AmiPbx]:
        """The exchange, running and linked. Waits as long as it cannot be had here, and says why."""
        await self._running()
        pbx = AmiPbx(self._settings(), self._sink, self._clock, still_ours)
        await pbx.start()
        self._pbx = pbx
        watching = asyncio.create_task(self._watch(), name="asterisk-watch")
        try:
            yield pbx
        finally:
            self._pbx = None
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await pbx.close()

    async def _running(self) -> None:
        while True:
            try:
                await self._start()
                return
            except ConfigurationError as error:
                self._trouble = PartHealth("absent", str(error))
                log.warning("no lines", extra={"reason": str(error)})
            except Exception as error:
                self._trouble = PartHealth("down", f"{type(error).__name__}: {error}")
                log.exception("the exchange could not be started")
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    async def _start(self) -> None:
        """In a thread of its own: fetching takes minutes, and nobody who stops the product waits for it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def settle(error: Exception | None) -> None:
            if not done.done():
                done.set_result(None) if error is None else done.set_exception(error)

        def work() -> None:
            found: Exception | None = None
            try:
                self._asterisk.start(lambda line: log.info("exchange: %s", line))
            except Exception as error:
                found = error
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
                loop.call_soon_threadsafe(settle, found)

        threading.Thread(target=work, name="asterisk-start", daemon=True).start()
        await done

    async def _watch(self) -> None:
        """An exchange that died is started again; one that somebody stopped is not."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self._asterisk.has_crashed:
                log.error("the exchange died")
                await self._running()

    def _settings(self) -> PbxSettings:
        ports = self._asterisk.ports
        if ports is None:
            raise Unavailable("lines_not_running", data=str(self._asterisk.settings.folder))
        return PbxSettings(
            LinkSettings(LOOPBACK, ports.ami, *self._asterisk.ami_login),
            AriSettings(
                f"http://{LOOPBACK}:{ports.http}",
                *self._asterisk.ari_login,
                self._asterisk.settings.folder / "accounts.json",
            ),
            DialSettings(caller_id=self._caller_id),
        )


@contextmanager
def demo_carrier(settings: Settings, answer: Path | None = None) -> Iterator[Carrier]:
    """A carrier whose citizens call this installation; gone at the end.

    Raises ``Unavailable``: "lines_not_running", "lines_on_a_network" (the lines belong to a real carrier).
    """
    asterisk = exchange(settings)
    if asterisk.pid is None or (ports := asterisk.ports) is None:
        raise Unavailable("lines_not_running", data=str(settings.data))
    if asterisk.settings.host != LOOPBACK or settings.trunk_host:
        raise Unavailable("lines_on_a_network")
    program = obtain(asterisk.settings.cache, _nothing, settings.asterisk)
    with TemporaryDirectory(prefix="hotline-carrier-") as folder:
        carrier = Carrier(program, Path(folder), f"{LOOPBACK}:{ports.sip}", answer=answer)
        with carrier:
            yield carrier


def _nothing(_line: str) -> None:
    """The exchange runs, so there is nothing to fetch and to tell of."""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
