"""What an official account is known by."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hotline.errors import ConfigurationError

OFFICIAL = "https://api.weixin.qq.com"
"""Where the platform's API is."""
NAME = "wechat_mp"
"""The channel's identifier in DOMAIN §1.4."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
AES_KEY_LENGTH = 43


@dataclass(frozen=True)
class WeChatSettings:
    """As shown at the platform's console. ``aes_key`` is empty in plain mode. Secrets are not in its repr."""

    app_id: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    aes_key: str = field(default="", repr=False)
    api_base: str = OFFICIAL

    def check(self) -> None:
        """Raises ``ConfigurationError`` ("setting_invalid") for what cannot work."""
        for name in ("token", "secret"):
            if not getattr(self, name):
                raise _invalid(f"wechat_{name}", "an official account needs it")
        if self.aes_key and not _is_aes_key(self.aes_key):
            raise _invalid("wechat_aes_key", f"must be the console's {AES_KEY_LENGTH} letters and digits")
        where = urlsplit(self.api_base)
        if where.scheme == "https" and where.hostname:
            return
        if where.scheme != "http" or where.hostname not in LOOPBACK:
            raise _invalid("wechat_api_base", "must be an https address")


def _is_aes_key(text: str) -> bool:
    try:
        return len(text) == AES_KEY_LENGTH and len(base64.b64decode(text + "=", validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def _invalid(name: str, reason: str) -> ConfigurationError:
    return ConfigurationError("setting_invalid", name=name, reason=reason)
