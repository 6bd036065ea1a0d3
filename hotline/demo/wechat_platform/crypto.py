"""Signatures and encryption of callbacks, from the public description of the platform's technical scheme.

``AESKey = base64(EncodingAESKey + "=")``, AES-256-CBC with the first 16 bytes of the key as the vector, over
16 random bytes, the length as four bytes big-endian, the message and the AppID, padded to blocks of 32.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
RANDOM = 16
LENGTH = 4


class Unreadable(Exception):
    """What came cannot be decrypted, or is for another account."""


def signature(*parts: str) -> str:
    """SHA-1 over the parts, sorted and joined; 40 hexadecimal digits."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def raw_key(aes_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey; ``ValueError`` when it is none."""
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except binascii.Error as error:
        raise ValueError("an EncodingAESKey has 43 letters and digits") from error
    if len(aes_key) != 43 or len(key) != 32:
        raise ValueError("an EncodingAESKey has 43 letters and digits")
    return key


def envelope(message: bytes, app_id: str, *, length: int | None = None) -> bytes:
    """What is encrypted, padded. ``length`` lies about the message's length."""
    size = len(message) if length is None else length
    content = os.urandom(RANDOM) + size.to_bytes(LENGTH, "big") + message + app_id.encode()
    missing = BLOCK - len(content) % BLOCK
    return content + bytes([missing]) * missing


def encrypt(padded: bytes, aes_key: str) -> bytes:
    """The ciphertext of content that is a multiple of 16 bytes long."""
    key = raw_key(aes_key)
    writer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return writer.update(padded) + writer.finalize()


def sealed(message: bytes, account_id: str, aes_key: str) -> str:
    """The ``Encrypt`` element's content for a message."""
    return base64.b64encode(encrypt(envelope(message, account_id), aes_key)).decode()


def opened(encrypted: str, app_id: str, aes_key: str) -> bytes:
    """The message inside an ``Encrypt`` element. Raises ``Unreadable``."""
    try:
        cipher = base64.b64decode(encrypted, validate=True)
    except ValueError as error:
        raise Unreadable("not base64") from error
    if not cipher or len(cipher) % 16:
        raise Unreadable("not whole blocks")
    key = raw_key(aes_key)
    reader = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = reader.update(cipher) + reader.finalize()
    if not 1 <= padded[-1] <= BLOCK:
        raise Unreadable("wrong padding")
    content = padded[: -padded[-1]]
    size = int.from_bytes(content[RANDOM : RANDOM + LENGTH], "big")
    begin = RANDOM + LENGTH
    if len(content) < begin + size:
        raise Unreadable("wrong length")
    if content[begin + size :] != app_id.encode():
        raise Unreadable("another AppID")
    return content[begin : begin + size]
