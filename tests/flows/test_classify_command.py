"""``hotline classify`` and ``hotline nlp``, as a person or a script uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hotline.cases.taxonomy import load_taxonomy

HOTLINE = (sys.executable, "-m", "hotline")
FIELDS = [
    *("text", "category", "request_type", "urgency", "unit", "confidence", "top"),
    *("needs_human", "emergency_rule", "address"),
]


def run(data: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*HOTLINE, *arguments, "--data", str(data)]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def classified(data: Path, given: bytes) -> list[dict[str, Any]]:
    done = run(data, "classify", given=given)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_line_gets_its_object_in_order(tmp_path: Path) -> None:
    texts = ["路灯不亮了", "俺家厨房煤气味老大,恁快来", "开发区五一路128号门口有人摆摊", "垃圾几天没拉"]
    found = classified(tmp_path, "\n".join(texts).encode())
    leaves = load_taxonomy().leaves
    assert [one["text"] for one in found] == texts
    for one in found:
        assert list(one) == FIELDS
        assert one["category"] in leaves
        assert one["urgency"] in ("E0", "E1", "N")
        assert len(one["top"]) == 5
        assert one["top"][0] == {"category": one["category"], "confidence": one["confidence"]}
    lamp, gas, stall, _ = found
    assert (lamp["category"], lamp["unit"], lamp["emergency_rule"]) == ("LT-01-01", "U-LT", None)
    assert (gas["urgency"], gas["emergency_rule"], gas["unit"]) == ("E0", "U1", "U-GS")
    assert leaves[gas["category"]].urgency == "E0"
    assert stall["unit"] == "U-E2"
    assert set(stall["address"]) == {"span", "road", "number", "poi", "district"}


def test_odd_lines_are_answered_and_left_to_a_person(tmp_path: Path) -> None:
    lines = [
        b"",
        b"   ",
        "😀😀😀".encode(),
        b"hello, the street lamp is broken",
        b"\xff\xfe\x00\x9c",
        "停水了".encode() + b"\xff",
        ("路灯不亮" * 9_000).encode(),
        b"\x00\x01\x02",
        b'{"text": "x"}\r',
    ]
    *odd, last = classified(tmp_path, b"\n".join([*lines, "路灯不亮了".encode()]))
    assert [list(one) for one in odd] == [FIELDS] * len(lines)
    assert [one["needs_human"] for one in odd] == [True] * len(lines)
    assert (last["category"], last["needs_human"]) == ("LT-01-01", False)


def test_no_line_no_object(tmp_path: Path) -> None:
    assert classified(tmp_path, b"") == []


def test_each_answer_comes_before_the_next_question(tmp_path: Path) -> None:
    command = [*HOTLINE, "classify", "--data", str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text in ("路灯不亮", "公厕太臭"):
            process.stdin.write(f"{text}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == text
        process.stdin.close()
    assert process.returncode == 0


def test_who_has_read_enough_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*HOTLINE, "classify", "--data", str(tmp_path)]
    done = subprocess.run(command, input=b"x\n" * 5, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert done.returncode == 0
    assert b"rror" not in done.stderr


def test_figures_of_a_table(tmp_path: Path) -> None:
    table = tmp_path / "seen.tsv"
    table.write_text(
        "leaf\trequest_type\turgency\ttext\nLT-01-01\t求助\tN\t路灯不亮了\nSN-04-01\thelp\tN\t公厕太臭\n",
        "utf-8",
    )
    done = run(tmp_path, "nlp", "evaluate", str(table), "--json")
    assert done.returncode == 0, done.stderr.decode()
    figures = json.loads(done.stdout)
    assert (figures["texts"], figures["leaf"]["accuracy"], figures["request_type"]) == (2, 1.0, 0.5)
    assert {"sector", "top3", "coverage", "confusion", "relied_on", "model_alone"} <= set(figures)
    assert "leaf (L3)" in run(tmp_path, "nlp", "evaluate", str(table)).stdout.decode()


@pytest.mark.parametrize(
    "content", ["", "nonsense\n", "leaf\trequest_type\turgency\ttext\nXX-1\t求助\tN\tx\n"]
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path, content: str) -> None:
    table = tmp_path / "bad.tsv"
    table.write_text(content, "utf-8")
    for command in ("train", "evaluate"):
        done = run(tmp_path, "nlp", command, str(table))
        assert done.returncode == 1
        assert done.stderr.startswith(b"error:")
    assert not (tmp_path / "nlp").exists()


def test_texts_of_its_own_make_a_model_of_its_own(tmp_path: Path) -> None:
    table = tmp_path / "ours.tsv"
    table.write_text("leaf\trequest_type\turgency\ttext\nLT-01-01\t求助\tN\t夜明珠瞎了\n", "utf-8")
    before = classified(tmp_path, "夜明珠瞎了\n".encode())[0]
    done = run(tmp_path, "nlp", "train", str(table), "--json")
    assert done.returncode == 0, done.stderr.decode()
    model = json.loads(done.stdout)["model"]
    assert [one.name for one in (tmp_path / "nlp/classifier").iterdir()] == [f"classifier-{model}.npz"]
    after = classified(tmp_path, "夜明珠瞎了\n".encode())[0]
    sure = {one["category"]: one["confidence"] for one in before["top"]}
    assert after["category"] == "LT-01-01"
    assert after["confidence"] > sure.get("LT-01-01", 0.0)
