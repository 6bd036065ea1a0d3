"""Rules of the official account: budget, pieces of a text, places, settings, what error codes mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.wechat.answers import delivery_of
from channels.wechat.budget import LONGEST_TEXT, budget, pieces
from channels.wechat.coordinates import from_gcj02, to_gcj02
from channels.wechat.settings import WeChatSettings
from hotline.errors import ConfigurationError
from hotline.mailroom.model import sent, touched
from hotline.ports.channel import Delivery, Reach, Touch
from tests.support.wechat_posts import AES_KEY, APP_ID, SECRET, TOKEN

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def after(**known: Any) -> tuple[int, str]:
    left = budget(Reach(**known), NOW)
    return left.left, left.reason


def test_a_message_allows_five_answers_within_48_hours() -> None:
    hour = timedelta(hours=1)
    assert after(message_at=NOW) == (5, "")
    assert after(message_at=NOW - 47 * hour, sent_since_message=3) == (2, "")
    assert after(message_at=NOW - 47 * hour, sent_since_message=5) == (0, "spent")
    assert after(message_at=NOW - 48 * hour) == (0, "window_closed")
    assert after() == (0, "window_closed")
    assert budget(Reach(message_at=NOW), NOW).ends_at == NOW + 48 * hour


def test_a_click_a_follow_or_a_scan_allows_three_within_a_minute() -> None:
    seconds = timedelta(seconds=1)
    assert after(event_at=NOW) == (3, "")
    assert after(event_at=NOW - 59 * seconds, sent_since_event=2) == (1, "")
    assert after(event_at=NOW - 60 * seconds) == (0, "window_closed")
    assert after(event_at=NOW, message_at=NOW - timedelta(hours=1), sent_since_message=5) == (3, "")
    assert after(event_at=NOW, message_at=NOW) == (5, "")


def test_what_the_platform_says_is_spent_is_spent_until_the_citizen_writes_again() -> None:
    minute = timedelta(minutes=1)
    assert after(message_at=NOW - 2 * minute, spent_at=NOW - minute) == (0, "spent")
    assert after(message_at=NOW, spent_at=NOW - minute) == (5, "")
    assert after(message_at=NOW, left_at=NOW) == (0, "left")


def test_the_last_contact_starts_the_count_anew_and_late_news_change_nothing() -> None:
    reach = touched(Reach(), Touch.MESSAGE, NOW)
    reach = sent(sent(reach, Delivery("sent", used=1), NOW), Delivery("refused", "content_refused"), NOW)
    assert (reach.sent_since_message, reach.spent_at) == (1, None)
    assert touched(reach, Touch.MESSAGE, NOW - timedelta(minutes=1)) == reach
    assert touched(reach, Touch.MESSAGE, NOW).sent_since_message == 0
    gone = touched(reach, Touch.LEFT, NOW)
    assert gone.left_at == NOW
    assert touched(gone, Touch.FOLLOWED, NOW).left_at is None
    spent = sent(reach, Delivery("refused", "budget_spent"), NOW)
    assert spent.spent_at == NOW
    # Their next message may bear a time before ours.
    assert touched(spent, Touch.MESSAGE, NOW).spent_at is None
    assert touched(spent, Touch.EVENT, NOW - timedelta(seconds=1)).spent_at is None


@given(st.text(max_size=4000))
def test_pieces_are_small_enough_and_lose_nothing_but_line_ends(text: str) -> None:
    parts = pieces(text)
    assert all(0 < len(part.encode()) <= LONGEST_TEXT for part in parts)
    assert "".join(parts).replace("\n", "") == "".join(text.splitlines(keepends=True)).replace("\n", "")


def test_a_long_text_is_cut_at_a_line_end() -> None:
    assert pieces("a" * 1500 + "\n" + "b" * 1500) == ["a" * 1500, "b" * 1500]
    assert [len(part) for part in pieces("水" * 700)] == [666, 34]


def test_a_place_comes_back_from_the_maps_coordinates() -> None:
    shifted = to_gcj02(35.760000, 115.030000)
    assert shifted == pytest.approx((35.759997, 115.035893), abs=1e-6)  # the vector of DOMAIN §8.5
    assert from_gcj02(*shifted) == pytest.approx((35.76, 115.03), abs=1e-9)
    assert to_gcj02(48.2, 16.37) == (48.2, 16.37)


@given(st.floats(4, 53), st.floats(74, 134))
def test_every_place_comes_back(latitude: float, longitude: float) -> None:
    assert from_gcj02(*to_gcj02(latitude, longitude)) == pytest.approx((latitude, longitude), abs=1e-5)


@pytest.mark.parametrize(
    ("code", "state", "name"),
    [
        (0, "sent", ""),
        (45015, "refused", "window_closed"),
        (45047, "refused", "budget_spent"),
        (43004, "refused", "recipient_gone"),
        (45002, "refused", "text_too_long"),
        (87014, "refused", "content_refused"),
        (-1, "later", "platform_busy"),
        (40164, "later", "address_not_allowed"),
        (45009, "later", "platform_limit"),
        (99999, "refused", "platform_refused"),
    ],
)
def test_error_codes_have_a_meaning(code: int, state: str, name: str) -> None:
    found = delivery_of(code, "", used=0)
    assert (found.state, found.code) == (state, name)


def test_what_arrived_in_part_is_not_sent_again() -> None:
    found = delivery_of(-1, "", used=1)
    assert (found.state, found.code, found.used) == ("refused", "partly_sent", 1)


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"token": ""}, "wechat_token"),
        ({"secret": ""}, "wechat_secret"),
        ({"aes_key": "short"}, "wechat_aes_key"),
        ({"aes_key": "!" * 43}, "wechat_aes_key"),
        ({"api_base": "http://api.example"}, "wechat_api_base"),
        ({"api_base": "api.example"}, "wechat_api_base"),
    ],
)
def test_half_an_account_is_refused_by_name(change: dict[str, str], setting: str) -> None:
    whole = {"app_id": APP_ID, "token": TOKEN, "secret": SECRET, "aes_key": AES_KEY}
    WeChatSettings(**whole).check()
    with pytest.raises(ConfigurationError) as refused:
        WeChatSettings(**{**whole, **change}).check()
    assert refused.value.params["name"] == setting
