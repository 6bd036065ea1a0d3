"""The small parts of speech: frames between processes, ends of utterances, echoes, model folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.speech.catalogue import default_model, known_models
from nlp.speech.folders import ENGINES, WrongFolder, digest, engine_of, model_folder
from nlp.speech.spoken import joined
from nlp.speech.whisper_engine import is_echo
from nlp.speech.wire import Frame, Garbled, Kind, Unpacker

PROMPT = "以下是普通话的句子。"


@given(
    st.lists(
        st.builds(
            Frame,
            st.sampled_from(Kind),
            st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers(), max_size=3),
            st.binary(max_size=50),
        ),
        max_size=5,
    ),
    st.integers(1, 40),
)
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames: list[Frame], step: int) -> None:
    unpacker, sent = Unpacker(), b"".join(frame.packed() for frame in frames)
    got = [one for i in range(0, len(sent), step) for one in unpacker.feed(sent[i : i + step])]
    assert got == frames


@pytest.mark.parametrize(
    "sent",
    [
        b"\x01\xff\xff\xff\xff\x00\x00\x00\x00",
        b"\x63\x00\x00\x00\x02\x00\x00\x00\x00{}",
        b"\x01\x00\x00\x00\x02\x00\x00\x00\x00[]",
        b"\x01\x00\x00\x00\x02\x00\x00\x00\x00{x",
    ],
)
def test_what_is_no_frame_is_noticed(sent: bytes) -> None:
    with pytest.raises(Garbled):
        list(Unpacker().feed(sent))


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("五一路 12 号 的 路灯 不 亮", "五一路 12 号的路灯不亮"),
        ("hello  world", "hello world"),
        ("안녕 하세요", "안녕 하세요"),
        (" ", ""),
    ],
)
def test_blanks_between_chinese_words_are_left_out(told: str, written: str) -> None:
    assert joined(told) == written


@pytest.mark.parametrize("text", ["", " 。", PROMPT, "以下是普通话的句子", "普通话的句子。", PROMPT * 2])
def test_an_echo_of_the_prompt_is_no_speech(text: str) -> None:
    assert is_echo(text, PROMPT)


@pytest.mark.parametrize("text", ["路灯不亮了", "句", "我说的是普通话"])
def test_speech_is_no_echo(text: str) -> None:
    assert not is_echo(text, PROMPT)


def model_of(engine: str, folder: Path) -> Path:
    """Files by which a model is known."""
    files = {
        "vosk": ["am/final.mdl"],
        "faster-whisper": ["model.bin", "config.json"],
        "sherpa-onnx": ["tokens.txt", "model.onnx"],
    }[engine]
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_is_found_in_its_folder_or_in_the_one_folder_there(tmp_path: Path, engine: str) -> None:
    plain, nested = model_of(engine, tmp_path / "a"), model_of(engine, tmp_path / "b" / "inner")
    assert engine_of(plain) == engine
    assert model_folder(engine, plain) == plain
    assert model_folder(engine, nested.parent) == nested


@pytest.mark.parametrize("engine", ENGINES)
def test_the_model_of_another_engine_is_refused_and_named(tmp_path: Path, engine: str) -> None:
    for other in ENGINES:
        if other != engine:
            with pytest.raises(WrongFolder) as refused:
                model_folder(engine, model_of(other, tmp_path / other))
            assert (refused.value.code, refused.value.found) == ("speech_model_wrong", other)


def test_a_folder_without_model_and_no_folder_are_no_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name in ("empty", "file", "absent"):
        with pytest.raises(WrongFolder) as refused:
            model_folder("vosk", tmp_path / name)
        assert refused.value.code == "speech_no_model"


def test_a_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    one, same = model_of("vosk", tmp_path / "one"), model_of("vosk", tmp_path / "same")
    assert digest(one) == digest(same)
    (same / "am" / "final.mdl").write_text("other")
    assert digest(one) != digest(same)


def test_every_engine_begins_with_one_model_of_the_catalogue() -> None:
    names = [one.name for one in known_models()]
    assert len(names) == len(set(names))
    for engine in ENGINES:
        assert [one.name for one in known_models() if one.engine == engine and one.default] == [
            default_model(engine)
        ]
