"""Sealing of personal values: encryption at rest with a blind index (DOMAIN §10, item 10).

A sealed value is ``v1:<base64 of nonce + ciphertext + tag>`` (AES-256-GCM); the blind index is a keyed hash
of the normalised value, so that one can look a phone number up without being able to list them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hotline.errors import Unavailable
from hotline.ports.secrets import Secrets

_PREFIX = "v1:"


class Sealer:
    """Seals and opens text with keys that live outside the database."""

    def __init__(self, secrets: Secrets) -> None:
        self._cipher = AESGCM(secrets.key("seal"))
        self._index_key = secrets.key("blind-index")

    def seal(self, plain: str) -> str:
        """Encrypt; the same text gives another value each time."""
        nonce = os.urandom(12)
        return _PREFIX + base64.b64encode(nonce + self._cipher.encrypt(nonce, plain.encode(), None)).decode()

    def open(self, sealed: str) -> str:
        """Decrypt; ``Unavailable`` ("sealed_unreadable") when it is damaged, or the key is another."""
        try:
            raw = base64.b64decode(sealed.removeprefix(_PREFIX), validate=True)
            return self._cipher.decrypt(raw[:12], raw[12:], None).decode()
        except (InvalidTag, ValueError) as error:
            raise Unavailable("sealed_unreadable") from error

    def blind(self, plain: str) -> str:
        """The index under which a value can be found again; 64 hexadecimal digits."""
        return hmac.new(self._index_key, plain.encode(), hashlib.sha256).hexdigest()
