"""How Chinese characters sound: recognisers and hasty fingers write others that sound the same."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from nlp.text.normalise import is_ideograph

_FIRST = 0xE000
_syllables: dict[str, str] = {}


@lru_cache(maxsize=30_000)
def syllable(character: str) -> str:
    """The usual syllable of a Chinese character, without its tone; another character is itself."""
    if not is_ideograph(character):
        return character
    [said] = lazy_pinyin(character, style=Style.NORMAL)
    return said


def sound_form(text: str) -> str:
    """``text`` with one sign for every syllable: as long as ``text``, and alike where it sounds alike.

    The signs are of the private use area, and mean something within this process only.
    """
    return "".join(map(_sign, text))


@lru_cache(maxsize=30_000)
def _sign(character: str) -> str:
    if not is_ideograph(character):
        return character
    said = syllable(character)
    return _syllables.setdefault(said, chr(_FIRST + len(_syllables)))
