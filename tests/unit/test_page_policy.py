"""Which origins the pages may connect to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hotline.web.app import connect_sources, no_sockets


def exchange(host: str) -> Sequence[str]:
    return [f"wss://{host}:10001"]


def test_without_lines_pages_connect_to_ourselves_alone() -> None:
    assert connect_sources("127.0.0.1", no_sockets) == "'self'"


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "wss://127.0.0.1:10001"),
        ("hotline.example", "wss://hotline.example:10001"),
        ("::1", "wss://[::1]:10001"),
    ],
)
def test_the_exchange_is_reached_by_the_name_of_the_page(host: str, origin: str) -> None:
    assert connect_sources(host, exchange) == f"'self' {origin}"


@pytest.mark.parametrize("host", ["", "a b", "a;script-src *", "a'b", "*"])
def test_a_host_header_writes_no_policy(host: str) -> None:
    assert connect_sources(host, exchange) == "'self'"
