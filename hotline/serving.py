"""Serve a wired hotline until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import signal
import ssl
from collections.abc import Callable

from aiohttp import web

from hotline.config import Settings
from hotline.errors import ConfigurationError
from hotline.main import Hotline

SHUTDOWN_SECONDS = 5.0


async def serve(hotline: Hotline, on_ready: Callable[[str], None]) -> None:
    """Start workers and pages, tell ``on_ready`` the base URL, return after SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(hotline.app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(
            runner, hotline.settings.host, hotline.settings.port, ssl_context=_tls(hotline.settings)
        )
        try:
            await site.start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConfigurationError(
                    "port_taken", host=hotline.settings.host, port=hotline.settings.port
                ) from error
            raise
        hotline.supervisor.start()
        on_ready(base_url(hotline.settings, _bound_port(runner)))
        await stop.wait()
    finally:
        hotline.hub.close_all()
        await runner.cleanup()
        await hotline.supervisor.stop()
        await hotline.database.close()


def base_url(settings: Settings, port: int) -> str:
    """Where the pages are."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.https else 'http'}://{host}:{port}"


def _bound_port(runner: web.AppRunner) -> int:
    """The port in force: port 0 lets the operating system choose."""
    return int(runner.addresses[0][1])


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.https or settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.certificate, settings.certificate_key)
    return context
