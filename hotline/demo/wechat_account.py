"""The demo's official account: secrets of its own, and a platform that ``hotline demo wechat`` plays here."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from hotline.config import LOOPBACK, Settings
from hotline.errors import ConfigurationError, Unavailable

FILE = "demo-wechat.json"
HOST = "127.0.0.1"
LETTERS = string.ascii_letters + string.digits


def make_demo_account(data: Path) -> None:
    """Make the account's secrets, and choose the port of its platform, once."""
    path = data / FILE
    if path.exists():
        return
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    account = {
        "wechat_app_id": "wx" + secrets.token_hex(8),
        "wechat_token": "".join(secrets.choice(LETTERS) for _ in range(16)),
        "wechat_secret": secrets.token_hex(16),
        "wechat_aes_key": base64.b64encode(secrets.token_bytes(32)).decode().rstrip("="),
        "wechat_api_base": f"http://{HOST}:{port}",
    }
    data.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(account, file)
    partial.replace(path)


def remove_demo_account(data: Path) -> None:
    """The demo is over; takes effect at the next start."""
    (data / FILE).unlink(missing_ok=True)


def with_demo_account(settings: Settings) -> Settings:
    """The settings with the demo's account when there is one, the operator named none of their own, and the
    hotline is reached from this machine only."""
    path = settings.data / FILE
    if settings.wechat_app_id or settings.host not in LOOPBACK or not path.exists():
        return settings
    return settings.model_copy(update=json.loads(path.read_text("utf-8")))


@contextmanager
def platform_process(settings: Settings, callback: str) -> Iterator[str]:
    """The platform that ``settings`` name, as a process; where it answers.

    Raises ``ConfigurationError`` ("wechat_no_account") when they name none, ("wechat_real_platform") when it
    is not on this machine, ``Unavailable`` ("wechat_not_started") when it does not start.
    """
    if not settings.wechat_app_id:
        raise ConfigurationError("wechat_no_account", data=str(settings.data))
    base = urlsplit(settings.wechat_api_base)
    if base.scheme != "http" or base.hostname not in LOOPBACK or not base.port:
        raise ConfigurationError("wechat_real_platform", url=settings.wechat_api_base)
    command = [sys.executable, "-m", "hotline.demo.wechat_platform", "--app-id", settings.wechat_app_id]
    command += ["--host", base.hostname, "--port", str(base.port), "--callback", callback]
    command += ["--mode", "aes" if settings.wechat_aes_key else "plain"]
    known = {"WECHAT_TOKEN": settings.wechat_token, "WECHAT_SECRET": settings.wechat_secret}
    environment = {**os.environ, **known, "WECHAT_AES_KEY": settings.wechat_aes_key}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line:
            _, said = process.communicate()
            reason = said.strip().splitlines()[-1] if said.strip() else "?"
            raise Unavailable("wechat_not_started", url=settings.wechat_api_base, reason=reason)
        yield json.loads(line)["url"]
    finally:
        process.terminate()
        process.communicate()
