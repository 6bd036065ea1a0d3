"""What the platform's error codes mean for a message; pure."""

from __future__ import annotations

from collections.abc import Mapping

from hotline.ports.channel import Delivery

OK = 0
TOKEN_REFUSED = frozenset({40001, 40014, 42001})
"""The token is wrong or ran out: a new one, and once more."""
NOT_ALLOWED = 40164
"""Our address is not on the account's list."""
_REFUSED: Mapping[int, str] = {
    40003: "recipient_gone",
    43004: "recipient_gone",
    45002: "text_too_long",
    45015: "window_closed",
    45047: "budget_spent",
    48001: "not_permitted",
    48002: "recipient_refuses",
    48004: "not_permitted",
    50002: "recipient_gone",
    87014: "content_refused",
}
_LATER: Mapping[int, str] = {
    -1: "platform_busy",
    45009: "platform_limit",
    45011: "platform_limit",
    45065: "platform_busy",
    NOT_ALLOWED: "address_not_allowed",
    **dict.fromkeys(TOKEN_REFUSED, "token_refused"),
}


def trouble_of(code: int) -> str:
    """A name for an error code, for all that is not about one message."""
    return _LATER.get(code) or _REFUSED.get(code) or "platform_refused"


def delivery_of(code: int, detail: str, used: int) -> Delivery:
    """What an answer to a message means; ``used`` counts what was sent before it.

    Part of a message that arrived must not be sent again: the whole then counts as refused.
    """
    if code == OK:
        return Delivery("sent", used=used)
    if code in _LATER and not used:
        return Delivery("later", _LATER[code], detail)
    reason = _REFUSED.get(code) or _LATER.get(code) or "platform_refused"
    return Delivery("refused", "partly_sent" if used else reason, f"{reason} {detail}".strip(), used)
