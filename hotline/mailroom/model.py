"""Rules of the mailroom; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from hotline.ports.channel import SPENT, Delivery, Post, Reach, Touch
from hotline.ports.intake import Attachment, Envelope, Location

FIRST_PAUSE = timedelta(seconds=3)
LONGEST_PAUSE = timedelta(minutes=20)
SEND_TRIES = 7
"""About six minutes: what an agent writes in a talk is of no use an hour later."""
MEDIA_LIVE = timedelta(days=3)
"""So long the platform keeps what was sent along (QUALITY, WeChat facts)."""
NICKNAME_TRIES = 3
POSTS_KEPT = timedelta(days=7)
ERRANDS_KEPT = timedelta(days=30)


class Task(StrEnum):
    """What is done outside."""

    SEND = "send"
    FETCH = "fetch"
    NICKNAME = "nickname"


@dataclass(frozen=True)
class Errand:
    """Something to be done outside, outside of any unit of work. ``attempts`` counts this one."""

    id: int
    task: Task
    key: str
    payload: Mapping[str, Any]
    attempts: int
    planned_at: datetime


@dataclass(frozen=True)
class TryAgain:
    """It was not done, and is to be tried again; ``code`` says why."""

    code: str


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries."""
    doublings: int = min(max(attempts, 1), 20) - 1
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def touched(before: Reach, touch: Touch, at: datetime) -> Reach:
    """What is known of a citizen after a call of the platform; one that comes late changes nothing.

    What was spent is forgotten by the order of arrival: the platform's clock, in whole seconds, may be behind
    ours.
    """
    values = asdict(before)
    match touch:
        case Touch.MESSAGE if before.message_at is None or at >= before.message_at:
            values |= {"message_at": at, "sent_since_message": 0, "left_at": None, "spent_at": None}
        case Touch.EVENT | Touch.FOLLOWED if before.event_at is None or at >= before.event_at:
            values |= {"event_at": at, "sent_since_event": 0, "left_at": None, "spent_at": None}
        case Touch.LEFT if before.message_at is None or at >= before.message_at:
            values |= {"left_at": at}
    return Reach(**values)


def sent(before: Reach, delivery: Delivery, now: datetime) -> Reach:
    """What is known of a citizen after something was sent, or was not."""
    values = asdict(before)
    values["sent_since_message"] += delivery.used
    values["sent_since_event"] += delivery.used
    if delivery.code in SPENT:
        values["spent_at"] = now
    return Reach(**values)


def packed(post: Post) -> dict[str, Any] | None:
    """What a post brings, as JSON."""
    if post.envelope is None:
        return None
    envelope = post.envelope
    # Not asdict of the whole, which copies deeply: a platform waits for this.
    return {
        **vars(envelope),
        "sent_at": envelope.sent_at.isoformat() if envelope.sent_at is not None else None,
        "attachments": [vars(one) for one in envelope.attachments],
        "location": vars(envelope.location) if envelope.location is not None else None,
    }


def unpacked(payload: Mapping[str, Any]) -> Envelope:
    """The way back."""
    values = dict(payload)
    values["sent_at"] = datetime.fromisoformat(values["sent_at"]) if values["sent_at"] else None
    values["attachments"] = tuple(Attachment(**one) for one in values["attachments"])
    values["location"] = Location(**values["location"]) if values["location"] else None
    return Envelope(**values)
