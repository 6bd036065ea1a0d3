"""Whether a finding is denied, supposed, past, over, told or asked about (DOMAIN §4.4, last paragraphs)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from hotline.ports.emergency import Reason
from nlp.emergency.lexicon import Found, Span
from nlp.emergency.reading import Reading
from nlp.emergency.rules import Guard

_LONGEST_GUARD = 24


def reasons(
    guards: Sequence[Guard], parts: Sequence[Span], reading: Reading, found: Found
) -> tuple[Reason, ...] | None:
    """Why none of ``guards`` silences the finding made of ``parts``; None when one does."""
    given = []
    for guard in guards:
        reason = _reason(guard, parts, reading, found)
        if reason is None:
            return None
        given.append(reason)
    return tuple(given)


def _reason(guard: Guard, parts: Sequence[Span], reading: Reading, found: Found) -> Reason | None:
    word = next(_bearing(guard, parts, reading, found), None)
    if word is None:
        return Reason(guard.code, "absent")
    said = reading.original(*word)
    sentences = {reading.sentences[place] for start, end in (*parts, word) for place in (start, end - 1)}
    for concept in guard.lifted_by:
        for span in _from(found.get(concept, ()), parts, max(guard.reach, 40)):
            if reading.sentences[span[0]] in sentences and not _overlap(span, word):
                return Reason(guard.code, "lifted", said, reading.original(*span))
    return None


def _bearing(guard: Guard, parts: Sequence[Span], reading: Reading, found: Found) -> Iterator[Span]:
    """The words of the guard that bear on one of the parts."""
    first, last = parts[0][0], max(end for _, end in parts)
    for word in _from(found.get(guard.concept, ()), parts, guard.reach):
        if guard.where == "near":
            if _bound(guard, reading, word, parts[0]) or _bound(guard, reading, word, parts[-1]):
                yield word
        elif any(_overlap(word, part) for part in parts):
            continue
        elif guard.where == "after":
            if word[0] >= last and word[0] - last <= guard.reach and _bound(guard, reading, word, parts[-1]):
                yield word
        elif any(_before(guard, reading, found, word, part) for part in parts if part[0] >= first):
            yield word


def _before(guard: Guard, reading: Reading, found: Found, word: Span, part: Span) -> bool:
    between = part[0] - word[1]
    if not 0 <= between <= guard.reach or not _bound(guard, reading, word, part):
        return False
    return not guard.fillers or _filled(found.get(guard.fillers, ()), word[1], part[0])


def _filled(fillers: Sequence[Span], start: int, end: int) -> bool:
    """Whether fillers in a row reach from ``start`` to ``end``."""
    reached = {start}
    for first, last in fillers[bisect_left(fillers, (start, 0)) :]:
        if first >= end:
            break
        if first in reached and last <= end:
            reached.add(last)
    return end in reached


def _bound(guard: Guard, reading: Reading, word: Span, part: Span) -> bool:
    if guard.bound == "text":
        return True
    numbers = reading.clauses if guard.bound == "clause" else reading.sentences
    earlier, later = (word, part) if word[0] <= part[0] else (part, word)
    return numbers[earlier[1] - 1] == numbers[later[0]]


def _from(spans: Sequence[Span], parts: Sequence[Span], reach: int) -> Iterator[Span]:
    """The spans not farther than ``reach`` from the parts."""
    first, last = parts[0][0], max(end for _, end in parts)
    for at in range(bisect_left(spans, (first - reach - _LONGEST_GUARD, 0)), len(spans)):
        if spans[at][0] > last + reach:
            break
        yield spans[at]


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
