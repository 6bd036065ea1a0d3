"""Logs: one JSON object a line, in which no telephone number can be read."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from hotline.kernel.ids import new_id
from hotline.kernel.logs import configure_logs, mask_phones

PHONE = "13800002046"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logs("DEBUG", written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (PHONE, "138****2046"),
        (f"call {PHONE}.", "call 138****2046."),
        (f"id{PHONE}", "id138****2046"),
        (f"电话{PHONE}转", "电话138****2046转"),
        ("138-0000-2046", "138****2046"),
        ("138 0000 2046", "138****2046"),
        ("138.0000.2046", "138****2046"),
        ("+86 13800002046", "138****2046"),
        ("+8613800002046", "138****2046"),
        ("008613800002046", "138****2046"),
        ("8613800002046", "138****2046"),
        (f"{PHONE},13900001111", "138****2046,139****1111"),
        ("0391-3568168", "0391-****168"),
        ("(0391)3568168", "0391-****168"),
        ("03913568168", "0391-****168"),
        ("010-65120000", "010-****000"),
    ],
)
def test_a_number_is_masked_however_it_is_written(text: str, masked: str) -> None:
    assert mask_phones(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "12345",
        "2026-03-02T01:00:00.138+00:00",
        "20260302138",
        "1380000204613800",
        "0192f3e4a5b67138000020468fab3c4d",
        "a" * 20 + PHONE + "b" * 33,
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    assert mask_phones(text) == text


def test_an_identifier_is_never_taken_for_a_number() -> None:
    made = [new_id() for _ in range(20000)]
    assert [one for one in made if mask_phones(one) != one] == []


def test_messages_and_their_arguments_are_masked(stream: io.StringIO) -> None:
    logging.getLogger("hotline.test").info("calling %s", PHONE)
    logging.getLogger("hotline.test").info("calling %d", int(PHONE))
    assert [line["message"] for line in lines(stream)] == ["calling 138****2046"] * 2


def test_extra_fields_are_masked_at_any_depth_and_stay_json(stream: io.StringIO) -> None:
    extra = {
        "text": PHONE,
        "number": int(PHONE),
        "deep": {"list": [PHONE, (int(PHONE),)], PHONE: "as a key"},
        "object": ValueError(PHONE),
        "count": 3,
        "rate": 0.5,
        "yes": True,
        "nothing": None,
    }
    logging.getLogger("hotline.test").warning("seen", extra=extra)
    assert PHONE not in stream.getvalue()
    (line,) = lines(stream)
    assert line["number"] == "138****2046"
    assert line["deep"] == {"list": ["138****2046", ["138****2046"]], "138****2046": "as a key"}
    assert (line["count"], line["rate"], line["yes"], line["nothing"]) == (3, 0.5, True, None)
    assert (line["level"], line["logger"]) == ("warning", "hotline.test")


def test_exceptions_are_masked_with_what_caused_them(stream: io.StringIO) -> None:
    def fail() -> None:
        try:
            raise KeyError(PHONE)
        except KeyError as error:
            raise ValueError(f"no such number: {PHONE}") from error

    try:
        fail()
    except ValueError:
        logging.getLogger("hotline.test").exception("failed")
    (line,) = lines(stream)
    assert "Traceback" in line["exception"]
    assert "ValueError: no such number: 138****2046" in line["exception"]
    assert PHONE not in stream.getvalue()


def test_a_message_of_several_lines_is_one_line(stream: io.StringIO) -> None:
    logging.getLogger("hotline.test").info("one\n%s\ntwo", PHONE)
    assert len(lines(stream)) == 1
