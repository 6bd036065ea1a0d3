"""The exchange of an installation: the plugin ``telephony`` given this installation's settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
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
from telephony.ami.link import AmiLink, LinkSettings
from telephony.asterisk.fetch import cache_folder, obtain, present, unfetchable
from telephony.asterisk.portblock import Ports, are_free
from telephony.asterisk.prompts import names, unusable
from telephony.asterisk.run import Asterisk, Status
from telephony.asterisk.settings import AsteriskSettings, Trunk
from telephony.asterisk.trouble import last_trouble
from telephony.asterisk.upkeep import Running, Upkeep
from telephony.carrier.run import CallReport, Carrier, CitizenCall
from telephony.desk_phones import DeskPhones
from telephony.dialling import DialSettings
from telephony.pbx import AmiPbx, PbxSettings

__all__ = [
    "REASONS",
    "Asterisk",
    "CallReport",
    "Carrier",
    "CitizenCall",
    "Lines",
    "Ports",
    "Status",
    "are_free",
    "cache_folder",
    "demo_carrier",
    "desk_phones",
    "exchange",
    "last_trouble",
    "names",
    "present",
    "unfetchable",
    "unusable",
]

LOOPBACK = "127.0.0.1"
REALM = "hotline"
REASONS: Mapping[str, str] = {
    "asterisk_no_packages": "unfetchable",
    "asterisk_other_system": "other_system",
    "asterisk_program": "no_program",
}
"""Reasons of the health page, by the error of the exchange."""


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


def desk_phones(settings: Settings) -> DeskPhones:
    """The telephones of this installation that stand fast."""
    return DeskPhones(settings.data / "telephony" / "desk-phones.json")


def recordings_folder(settings: Settings) -> Path:
    """Where the exchange puts complete recordings, whether it ever ran or not."""
    return settings.data / "telephony" / "recordings"


class Lines:
    """The exchange beside the running product: started or adopted without holding up anything else.

    ``explain`` puts an error into words for whoever looks at the health page.
    """

    def __init__(
        self, settings: Settings, clock: Clock, sink: CallSink, explain: Callable[[Exception], str]
    ) -> None:
        self._caller_id = next(iter(_listed(settings.trunk_caller_ids)), "")
        self._clock = clock
        self._sink = sink
        self._explain = explain
        self._asterisk = exchange(settings)
        self._upkeep = Upkeep(self._asterisk, self._died)
        self._pbx: AmiPbx | None = None

    @property
    def browser_way(self) -> tuple[str, int] | None:
        """Scheme and port of the socket of browsers' phones; None while the exchange never ran."""
        return self._asterisk.browser_path if self._asterisk.ports is not None else None

    async def keep(self) -> None:
        """A supervised worker: the exchange runs as long as it is ours."""
        await self._upkeep.run()

    async def health(self) -> PartHealth:
        """For the health board: whether calls come in, or why not."""
        now = self._upkeep.condition
        why = self._explain(now.trouble) if now.trouble is not None else ""
        match now.running:
            case Running.ABSENT:
                return PartHealth("absent", why, *_coded(now.trouble))
            case Running.STARTING:
                return PartHealth("degraded", "Asterisk is being started", "starting")
            case Running.STOPPED:
                return PartHealth(
                    "down", "Asterisk was stopped: start it with 'hotline pbx start'", "stopped"
                )
            case Running.DOWN if why:
                return PartHealth("down", why, "not_started")
            case Running.DOWN:
                detail = f"Asterisk died {now.deaths} times; it is started again"
                return PartHealth("down", detail, "died", {"deaths": str(now.deaths)})
        pbx = self._pbx
        if pbx is None or not pbx.is_up:
            trouble = (pbx.trouble if pbx is not None else "connecting") or "reading what it has"
            return PartHealth("degraded", f"no link to Asterisk: {trouble}", "no_link")
        return PartHealth("ok", "Asterisk")

    @asynccontextmanager
    async def connect(self, still_ours: Callable[[], Awaitable[None]]) -> AsyncIterator[AmiPbx]:
        """The exchange, running and linked. Waits as long as it cannot be had here."""
        try:
            await self._upkeep.wanted()
            pbx = AmiPbx(self._settings(), self._sink, self._clock, still_ours)
            await pbx.start()
            self._pbx = pbx
            try:
                yield pbx
            finally:
                self._pbx = None
                await pbx.close()
        finally:
            self._upkeep.dismiss()

    def _died(self) -> None:
        if self._pbx is not None:
            self._pbx.exchange_died()

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
            self._asterisk.records,
            self._asterisk.settings.desk_phones,
        )


async def link_trouble(asterisk: Asterisk, seconds: float = 5.0) -> str | None:
    """Why the product could not log in at the exchange that runs: "refused", "silent", "bad_password" …

    None when it can.
    """
    ports, (user, secret) = asterisk.ports, asterisk.ami_login
    if ports is None:
        return "refused"
    told: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    async def tell(reason: str | None = None) -> None:
        if not told.done():
            told.set_result(reason)

    link = AmiLink(LinkSettings(LOOPBACK, ports.ami, user, secret, answer_within=seconds), tell, tell)
    link.connect()
    try:
        return await told
    finally:
        await link.close()


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


def _coded(trouble: Exception | None) -> tuple[str, dict[str, str]]:
    """The health page's code of why there is no exchange, with its parameters; "" for what it has none."""
    if not isinstance(trouble, ConfigurationError) or trouble.code not in REASONS:
        return "", {}
    return REASONS[trouble.code], {name: str(value) for name, value in trouble.params.items()}


def _nothing(_line: str) -> None:
    """The exchange runs, so there is nothing to fetch and to tell of."""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
