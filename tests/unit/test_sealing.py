"""Personal values at rest: sealed, found by a blind index, and readable with the house's own key only."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from hotline.errors import ConfigurationError, Unavailable
from hotline.kernel.sealing import Sealer
from hotline.kernel.secretfile import SecretFolder

PHONE = "13800002046"


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return Sealer(SecretFolder(tmp_path / "secrets"))


def test_what_is_sealed_can_be_opened_and_does_not_show(sealer: Sealer) -> None:
    for plain in (PHONE, "王小明", "", "a" * 5000):
        sealed = sealer.seal(plain)
        assert sealer.open(sealed) == plain
        assert not plain or plain not in sealed


def test_the_same_value_is_sealed_differently_and_indexed_the_same(sealer: Sealer) -> None:
    assert sealer.seal(PHONE) != sealer.seal(PHONE)
    assert sealer.blind(PHONE) == sealer.blind(PHONE)
    assert sealer.blind(PHONE) != sealer.blind("13800002047")
    assert PHONE not in sealer.blind(PHONE)


def test_the_index_of_one_house_is_none_in_another(sealer: Sealer, tmp_path: Path) -> None:
    assert Sealer(SecretFolder(tmp_path / "other")).blind(PHONE) != sealer.blind(PHONE)


def test_another_key_or_a_damaged_value_is_said_so(sealer: Sealer, tmp_path: Path) -> None:
    sealed = sealer.seal(PHONE)
    other = Sealer(SecretFolder(tmp_path / "other"))
    raw = bytearray(base64.b64decode(sealed.removeprefix("v1:")))
    raw[-1] ^= 1
    damaged = "v1:" + base64.b64encode(raw).decode()
    for key, value in [
        (other, sealed),
        (sealer, damaged),
        (sealer, sealed[:9]),
        (sealer, "v1:%"),
        (sealer, ""),
    ]:
        with pytest.raises(Unavailable) as refused:
            key.open(value)
        assert refused.value.code == "sealed_unreadable"


def test_keys_are_made_once_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    key = SecretFolder(folder).key("seal")
    assert len(key) == 32
    assert SecretFolder(folder).key("seal") == key
    assert SecretFolder(folder).key("blind-index") != key
    assert [path.name for path in sorted(folder.iterdir())] == ["blind-index.key", "seal.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "abcd", "x" * 64, "00" * 31])
def test_a_key_that_is_none_is_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "seal.key").write_text(content)
    with pytest.raises(ConfigurationError) as refused:
        SecretFolder(tmp_path).key("seal")
    assert refused.value.code == "secret_unreadable"
    assert (tmp_path / "seal.key").read_text() == content


def test_of_two_processes_that_make_a_key_at_once_both_get_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SecretFolder(tmp_path)
    theirs: list[bytes] = []
    exists = Path.exists

    def made_meanwhile(path: Path) -> bool:
        found = exists(path)
        if path.name == "seal.key" and not theirs:
            theirs.append(b"")
            theirs[0] = other.key("seal")
        return found

    monkeypatch.setattr(Path, "exists", made_meanwhile)
    assert SecretFolder(tmp_path).key("seal") == theirs[0]
    assert [path.name for path in tmp_path.iterdir()] == ["seal.key"]
