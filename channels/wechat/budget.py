"""How often the platform lets us write (QUALITY, WeChat facts): pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from hotline.ports.channel import Budget, Reach

AFTER_MESSAGE = (5, timedelta(hours=48))
"""Messages after each message of the citizen, and for how long."""
AFTER_EVENT = (3, timedelta(minutes=1))
"""After a menu click, a follow or a scan."""
LONGEST_TEXT = 2000
"""Bytes of one customer-service text; the platform refuses 2048."""


def budget(reach: Reach, now: datetime) -> Budget:
    """The larger of what the last message and the last event leave; both count every message sent."""
    most, lasts = AFTER_MESSAGE
    if reach.left_at is not None:
        return Budget(0, most, None, "left")
    ends_at = reach.message_at + lasts if reach.message_at is not None else None
    left = max(0, most - reach.sent_since_message) if ends_at is not None and now < ends_at else 0
    if reach.spent_at is not None and (reach.message_at is None or reach.spent_at >= reach.message_at):
        left = 0
    brief_most, brief = AFTER_EVENT
    if reach.event_at is not None and now < reach.event_at + brief:
        of_event = max(0, brief_most - reach.sent_since_event)
        if of_event > left and (reach.spent_at is None or reach.spent_at < reach.event_at):
            return Budget(of_event, brief_most, reach.event_at + brief)
    if left:
        return Budget(left, most, ends_at)
    if ends_at is not None and now < ends_at:
        return Budget(0, most, ends_at, "spent")
    return Budget(0, most, None, "window_closed")


def pieces(text: str) -> list[str]:
    """The text in parts that the platform takes, cut between characters, at line ends where it can."""
    parts: list[str] = []
    part = ""
    for line in text.splitlines(keepends=True):
        if part and _size(part) + _size(line) > LONGEST_TEXT:
            parts.append(part)
            part = ""
        for character in line:
            if _size(part) + _size(character) > LONGEST_TEXT:
                parts.append(part)
                part = ""
            part += character
    if part:
        parts.append(part)
    return [whole for whole in (one.strip("\n") for one in parts) if whole]


def _size(text: str) -> int:
    return len(text.encode())
