"""The platform's calls: checked, kept, acknowledged within the five seconds that it waits."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime

from channels.wechat.envelopes import envelope_of, key_of, touch_of
from channels.wechat.reading import Decryption, Unreadable, encrypted_part, read_message
from channels.wechat.settings import NAME, WeChatSettings
from channels.wechat.signature import age_of, is_fresh, is_signed
from channels.wechat.standing import Standing
from hotline.errors import DomainError, TooLarge, Unavailable
from hotline.ports.channel import Post, Posts, WebhookReply, WebhookRequest
from hotline.ports.clock import Clock

log = logging.getLogger(__name__)

LARGEST = 64 * 1024
"""Bytes; a text message has at most 2 KB, and AES mode adds half."""
LONGEST_ECHO = 256
DONE = WebhookReply(body=b"success")
FORBIDDEN = WebhookReply(403)
"""The same for every kind of forgery: whoever tries learns nothing."""


class _Forged(Exception):
    """It is not from the platform, or not for this account, or not of now."""


class WeChatWebhook:
    """Implements ``ports.channel.Webhook``. With an AES key it takes nothing in plain mode."""

    max_bytes = LARGEST

    def __init__(self, settings: WeChatSettings, posts: Posts, clock: Clock, standing: Standing) -> None:
        self._settings = settings
        self._posts = posts
        self._clock = clock
        self._standing = standing
        self._decryption = (
            Decryption(settings.token, settings.aes_key, settings.app_id) if settings.aes_key else None
        )

    async def handle(self, request: WebhookRequest) -> WebhookReply:
        """See the port; ``success`` once it is kept, 403, 400, 413 or 503 otherwise."""
        try:
            self._check_signature(request)
            if request.method != "POST":
                return self._echo(request)
            post = self._read(request, self._document(request))
            await self._posts.keep(post)
        except _Forged as error:
            log.warning("a call was refused", extra={"channel": NAME, "reason": str(error)})
            return FORBIDDEN
        except Unreadable as error:
            log.warning("a call could not be read", extra={"channel": NAME, "reason": error.reason})
            return WebhookReply(400)
        except DomainError as error:
            return self._not_kept(error)
        self._standing.heard()
        return DONE

    def _check_signature(self, request: WebhookRequest) -> None:
        timestamp, nonce = _proof(request)
        if not is_signed(request.query.get("signature", ""), self._settings.token, timestamp, nonce):
            raise _Forged("signature")
        age = age_of(timestamp, self._clock.now())
        if age is None or not is_fresh(age):
            if age is not None:
                self._standing.refused(f"a signed call was {age.total_seconds():.0f} s old: check the clock")
            raise _Forged("stale")

    def _echo(self, request: WebhookRequest) -> WebhookReply:
        """The console's question whether we are the ones who know the token."""
        echo = request.query.get("echostr", "")
        if request.method != "GET" or not echo.isascii() or not 0 < len(echo) <= LONGEST_ECHO:
            return WebhookReply(400)
        return WebhookReply(body=echo.encode())

    def _document(self, request: WebhookRequest) -> bytes:
        is_encrypted = request.query.get("encrypt_type") == "aes"
        if self._decryption is None:
            if is_encrypted:
                self._standing.refused("calls come encrypted, but wechat_aes_key is not set")
                raise _Forged("encrypted")
            return request.body
        if not is_encrypted:
            self._standing.refused("calls come in plain mode, but wechat_aes_key is set")
            raise _Forged("plain")
        encrypted = encrypted_part(request.body)
        signature = request.query.get("msg_signature", "")
        timestamp, nonce = _proof(request)
        if not is_signed(signature, self._settings.token, timestamp, nonce, encrypted):
            raise _Forged("msg_signature")
        try:
            return self._decryption.open(encrypted, signature, timestamp, nonce)
        except Unreadable as error:
            raise _Forged(f"decryption: {error.reason}") from None

    def _read(self, request: WebhookRequest, document: bytes) -> Post:
        message = read_message(document)
        proof = "\0".join(_proof(request))
        return Post(
            channel=NAME,
            key=key_of(message),
            once=hashlib.sha256(proof.encode("utf-8", "surrogatepass")).hexdigest(),
            digest=hashlib.sha256(document).hexdigest(),
            sender=message.sender,
            touch=touch_of(message),
            said_at=datetime.fromtimestamp(message.said_at, UTC),
            envelope=envelope_of(message),
        )

    def _not_kept(self, error: DomainError) -> WebhookReply:
        log.warning("a call was not kept", extra={"channel": NAME, "reason": error.code})
        if error.status == FORBIDDEN.status:
            return FORBIDDEN
        if isinstance(error, TooLarge | Unavailable):
            return WebhookReply(error.status)
        return WebhookReply(400)


def _proof(request: WebhookRequest) -> tuple[str, str]:
    """What the platform makes anew for every call, and signs."""
    return request.query.get("timestamp", ""), request.query.get("nonce", "")
