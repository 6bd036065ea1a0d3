"""What ``hotline doctor`` says of the telephone lines. Starts nothing and asks no network."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from cryptography import x509

from hotline.cli.finding import Finding
from hotline.cli.output import explain
from hotline.config import Settings
from hotline.lines import (
    Asterisk,
    Ports,
    are_free,
    cache_folder,
    exchange,
    last_trouble,
    link_trouble,
    names,
    present,
    recordings_folder,
    unfetchable,
    unusable,
)

FREE_BYTES = 1_000_000_000
BYTES_PER_HOUR = 3600 * 16_000 * 4
"""Two legs, and their mix of two channels."""
SOON_DAYS = 30
TLS_SECONDS = 5.0


def _program(settings: Settings, asterisk: Asterisk) -> Finding:
    status = asterisk.status()
    if status.state == "running":
        what = f"Asterisk {status.version} ({status.origin}), process {status.pid}, {status.calls} calls"
        return Finding("telephony", "ok", what)
    if status.state == "stopped":
        return _stopped(status.origin)
    return _not_there(settings)


def _stopped(origin: str | None) -> Finding:
    detail = f"Asterisk ({origin}) does not run; 'hotline run' or 'hotline pbx start' starts it"
    return Finding("telephony", "warning", detail)


def _not_there(settings: Settings) -> Finding:
    if (obstacle := unfetchable(settings.asterisk)) is not None:
        return Finding("telephony", "failed" if settings.asterisk else "absent", explain(obstacle))
    if (trouble := last_trouble(settings.data / "telephony")) is not None:
        return Finding("telephony", "warning", explain(trouble))
    return Finding("telephony", "warning", "no Asterisk yet; 'hotline run' fetches Debian's packages")


def _before_the_first_start(settings: Settings) -> Finding:
    """Asked without making the keys of an exchange."""
    program = present(cache_folder(settings.data / "telephony"), settings.asterisk)
    if program is None:
        return _not_there(settings)
    return Finding(
        "telephony", "warning", f"Asterisk ({program.origin}) does not run; 'hotline run' starts it"
    )


def _ports(settings: Settings, asterisk: Asterisk) -> Finding:
    host, ports = asterisk.settings.host, asterisk.ports
    if settings.telephony_port and asterisk.pid is None:
        ports = Ports.block(settings.telephony_port)
    if ports is None:
        return Finding("ports", "absent", "chosen at the first start")
    where = f"SIP {host}:{ports.sip}, browsers {asterisk.browser_path[0]} "
    where += f"{ports.wss if settings.https else ports.http}, sound {ports.rtp_first}-{ports.rtp_last} UDP"
    if asterisk.pid is not None:
        if not _accepts(host, ports.sip):
            return Finding("ports", "failed", f"{where}: nobody takes connections at the SIP port")
        return Finding("ports", "ok", where)
    if are_free(ports, host):
        return Finding("ports", "ok", f"{where}; free")
    if settings.telephony_port:
        return Finding("ports", "failed", f"{where}: taken by another program; set telephony_port to others")
    return Finding("ports", "warning", f"{where}: taken; others are chosen at the next start")


def _manager(_settings: Settings, asterisk: Asterisk) -> Finding:
    if asterisk.pid is None:
        return Finding("manager", "absent", "the exchange does not run")
    trouble = asyncio.run(link_trouble(asterisk))
    if trouble is not None:
        return Finding("manager", "failed", f"no login at the exchange: {trouble}; see its log/messages.log")
    return Finding("manager", "ok", "the product can log in at the exchange")


def _wss(settings: Settings, asterisk: Asterisk) -> Finding:
    if settings.certificate is None or settings.certificate_key is None:
        return Finding(
            "wss", "absent", "browsers' phones on this machine only; 'hotline cert' for an intranet"
        )
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.certificate, settings.certificate_key
        )
    except (OSError, ssl.SSLError) as error:
        return Finding("wss", "failed", f"{settings.certificate} and its key cannot be used: {error}")
    certificate = x509.load_pem_x509_certificate(settings.certificate.read_bytes())
    left = (certificate.not_valid_after_utc - datetime.now(UTC)).days
    if left < 0:
        return Finding("wss", "failed", f"{settings.certificate} has expired; run 'hotline cert' again")
    if asterisk.pid is not None and (ports := asterisk.ports) is not None:
        served = _served(asterisk.settings.host, ports.wss)
        if served is None:
            return Finding("wss", "failed", f"no TLS at {asterisk.settings.host}:{ports.wss}")
        if served != certificate:
            detail = "the exchange still serves an older certificate: restart the lines when nobody calls"
            return Finding("wss", "warning", detail)
    return Finding("wss", "warning" if left < SOON_DAYS else "ok", f"certificate valid for {left} days")


def _sounds(settings: Settings, asterisk: Asterisk) -> Finding:
    own, count = asterisk.settings.folder / "sounds", len(names(settings.sound_language))
    if bad := unusable(own):
        detail = f"own prompts that cannot be played, the packaged ones are: {'; '.join(bad)}"
        return Finding("sounds", "warning", detail)
    mine = len(list((own / settings.sound_language).glob("*.*")))
    return Finding("sounds", "ok", f"{count} prompts in {settings.sound_language}, {mine} of them own")


def _recordings(settings: Settings, _asterisk: Asterisk) -> Finding:
    folder = recordings_folder(settings)
    if not folder.exists():
        return Finding("recordings", "absent", f"{folder} is made at the first start")
    if not os.access(folder, os.W_OK | os.X_OK) or not os.access(folder / "live", os.W_OK | os.X_OK):
        return Finding("recordings", "failed", f"{folder} is not writable: calls are not recorded")
    free = shutil.disk_usage(folder).free
    detail = f"{folder}, {free / 1e9:.1f} GB free, about {free // BYTES_PER_HOUR} hours of calls"
    return Finding("recordings", "ok" if free > FREE_BYTES else "warning", detail)


def _accepts(host: str, port: int) -> bool:
    try:
        with socket.create_connection((_reachable(host), port), timeout=TLS_SECONDS):
            return True
    except OSError:
        return False


def _served(host: str, port: int) -> x509.Certificate | None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((_reachable(host), port), timeout=TLS_SECONDS) as plain,
            context.wrap_socket(plain) as secured,
        ):
            shown = secured.getpeercert(binary_form=True)
    except OSError:
        return None
    return x509.load_der_x509_certificate(shown) if shown else None


def _reachable(host: str) -> str:
    """Who listens on every address is asked on this machine's own."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on


def _checked(name: str, check: Callable[[Settings, Asterisk], Finding]) -> Callable[[Settings], Finding]:
    def ask(settings: Settings) -> Finding:
        if not settings.telephony:
            return Finding(name, "absent", "the lines are switched off (setting telephony)")
        if not settings.secrets_folder.exists():
            if name == "telephony":
                return _before_the_first_start(settings)
            return Finding(name, "absent", "made at the first start")
        return check(settings, exchange(settings))

    return ask


LINE_CHECKS: Mapping[str, Callable[[Settings], Finding]] = {
    name: _checked(name, check)
    for name, check in {
        "telephony": _program,
        "ports": _ports,
        "manager": _manager,
        "wss": _wss,
        "sounds": _sounds,
        "recordings": _recordings,
    }.items()
}
"""By name, in the order in which they are told."""
