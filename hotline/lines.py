"""The exchange of an installation: the plugin ``telephony`` given this installation's settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hotline.config import Settings
from hotline.errors import Unavailable
from hotline.kernel.secretfile import SecretFolder
from telephony.asterisk.fetch import cache_folder, obtain
from telephony.asterisk.run import Asterisk, Status
from telephony.asterisk.settings import AsteriskSettings, Trunk
from telephony.carrier.run import CallReport, Carrier, CitizenCall

__all__ = ["Asterisk", "CallReport", "Carrier", "CitizenCall", "Status", "demo_carrier", "exchange"]

LOOPBACK = "127.0.0.1"


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
