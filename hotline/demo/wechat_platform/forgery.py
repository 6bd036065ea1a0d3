"""Posts that the real platform would never make, or makes again: for tests of what the account refuses."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hotline.demo.wechat_platform import crypto, xml
from hotline.demo.wechat_platform.account import Account
from hotline.demo.wechat_platform.callbacks import Callback
from hotline.demo.wechat_platform.posting import Post

OTHER_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
"""A key that no account has."""


def forged(account: Account, callback: Callback, wish: Mapping[str, Any]) -> Post:
    """The callback, changed as wished, with signatures that fit the result unless they are given.

    ``body`` or ``body_base64`` replaces the XML before it is signed or encrypted; ``age`` seconds is how old
    it claims to be; ``app_id`` and ``damage`` (a name in ``DAMAGES``) change the encryption; ``parameters``
    replaces parameters of the address, ``without`` leaves some out. ``KeyError`` for an unknown damage.
    """
    plain = _body(callback, wish)
    stamp, nonce = str(int(time.time() - float(wish.get("age", 0)))), str(secrets.randbelow(10**10))
    query = {
        "signature": crypto.signature(account.token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "openid": callback.open_id,
    }
    body = plain
    if account.mode != "plain":
        addressed = replace(account, app_id=str(wish.get("app_id", account.app_id)))
        encrypted = DAMAGES[str(wish.get("damage", ""))](plain, addressed)
        query |= {
            "encrypt_type": "aes",
            "msg_signature": crypto.signature(account.token, stamp, nonce, encrypted),
        }
        body = xml.document([("ToUserName", account.original_id), ("Encrypt", encrypted)])
    query |= {name: str(value) for name, value in wish.get("parameters", {}).items()}
    return Post(tuple((k, v) for k, v in query.items() if k not in wish.get("without", ())), body)


def _body(callback: Callback, wish: Mapping[str, Any]) -> bytes:
    if "body_base64" in wish:
        return base64.b64decode(wish["body_base64"], validate=True)
    if "body" in wish:
        return str(wish["body"]).encode()
    return xml.document(callback.fields)


def _text(cipher: bytes) -> str:
    return base64.b64encode(cipher).decode()


def _encrypted(plain: bytes, account: Account) -> bytes:
    return crypto.encrypt(crypto.envelope(plain, account.app_id), account.aes_key)


def _last_byte_turned(plain: bytes, account: Account) -> str:
    cipher = bytearray(_encrypted(plain, account))
    cipher[-1] ^= 0xFF
    return _text(bytes(cipher))


def _false_length(length: int) -> Callable[[bytes, Account], str]:
    def make(plain: bytes, account: Account) -> str:
        content = crypto.envelope(plain, account.app_id, length=length)
        return _text(crypto.encrypt(content, account.aes_key))

    return make


def _padded_with(padding: int) -> Callable[[bytes, Account], str]:
    def make(plain: bytes, account: Account) -> str:
        content = crypto.envelope(plain, account.app_id)[:-1] + bytes([padding])
        return _text(crypto.encrypt(content, account.aes_key))

    return make


DAMAGES: Mapping[str, Callable[[bytes, Account], str]] = {
    "": lambda plain, account: crypto.sealed(plain, account.app_id, account.aes_key),
    "other_key": lambda plain, account: crypto.sealed(plain, account.app_id, OTHER_KEY),
    "last_byte": _last_byte_turned,
    "half_a_block": lambda plain, account: _text(_encrypted(plain, account)[:-8]),
    "one_block": lambda plain, account: _text(_encrypted(plain, account)[:16]),
    "not_base64": lambda plain, account: "$" + _text(_encrypted(plain, account))[1:],
    "not_ascii": lambda plain, account: "\u00e9" + _text(_encrypted(plain, account))[1:],
    "empty": lambda plain, account: "",
    "length_too_great": _false_length(2**32 - 1),
    "length_too_small": _false_length(1),
    "padding_zero": _padded_with(0),
    "padding_too_great": _padded_with(255),
    "nothing_inside": lambda plain, account: _text(crypto.encrypt(bytes([32]) * 32, account.aes_key)),
}
"""What can be wrong with an ``Encrypt`` element whose signature is right."""
