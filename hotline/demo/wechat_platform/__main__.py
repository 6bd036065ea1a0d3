"""``python -m hotline.demo.wechat_platform``: serve until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys

from aiohttp import web

from hotline.demo.wechat_platform.account import Account
from hotline.demo.wechat_platform.crypto import raw_key
from hotline.demo.wechat_platform.platform import Platform
from hotline.demo.wechat_platform.posting import Courier, Manner
from hotline.demo.wechat_platform.server import application

SECRETS = {"token": "WECHAT_TOKEN", "secret": "WECHAT_SECRET", "aes_key": "WECHAT_AES_KEY"}
"""Also read from the environment, so that they need not stand in a list of processes."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hotline.demo.wechat_platform", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument(
        "--callback", action="append", required=True, help="address of the account's server; repeatable"
    )
    parser.add_argument("--app-id", required=True)
    for name, variable in SECRETS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", default=os.environ.get(variable, ""))
    parser.add_argument("--mode", choices=("plain", "compatible", "aes"), default="plain")
    parser.add_argument("--original-id", default="gh_0123456789ab")
    parser.add_argument("--patience", type=float, default=5.0, help="seconds to wait for an answer")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds from one try to the next")
    given = parser.parse_args()
    if not given.token or not given.secret:
        parser.error("--token and --secret are needed")
    if given.mode != "plain" or given.aes_key:
        try:
            raw_key(given.aes_key)
        except ValueError as error:
            parser.error(str(error))
    return given


async def serve(given: argparse.Namespace) -> None:
    """Serve; one JSON line on standard output says where. SIGINT and SIGTERM end it."""
    account = Account(given.app_id, given.secret, given.token, given.aes_key, given.mode, given.original_id)
    platform = Platform(account, given.callback, Courier(account, Manner(given.patience, given.interval)))
    runner = web.AppRunner(application(platform), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, given.host, given.port)
        await site.start()
        address = runner.addresses[0]
        sys.stdout.write(json.dumps({"url": f"http://{address[0]}:{address[1]}"}) + "\n")
        sys.stdout.flush()
        over = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        await over.wait()
    finally:
        await runner.cleanup()


def main() -> int:
    """The exit code: 1 when the port is taken."""
    try:
        asyncio.run(serve(arguments()))
    except OSError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
