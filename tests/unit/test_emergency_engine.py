"""The engine of the emergency rules: what no text may do to it, and what marks and blanks may not hide."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.emergency.engine import RuleEngine
from nlp.emergency.lexicon import MOST_BETWEEN, Concept, Lexicon
from nlp.emergency.reading import read
from nlp.emergency.rules import read_rules

RULES = RuleEngine()
DANGER = (
    "煤气味很大",
    "井盖没了",
    "路灯杆漏电",
    "路面塌了",
    "有人掉井里了",
    "楼道着火了",
    "广告牌要掉下来",
    "水到腰了",
)
MARKS = st.text(alphabet=" 　,，、…·~！\u200b\u3000", max_size=3)


@given(st.sampled_from(DANGER), st.data())
def test_blanks_and_marks_between_the_characters_hide_nothing(text: str, data: st.DataObject) -> None:
    cut = [data.draw(MARKS) for _ in text]
    spread = "".join(one + mark for one, mark in zip(text, cut, strict=True))
    found = RULES.check(spread)
    assert found is not None
    plain = RULES.check(text)
    assert plain is not None
    assert found.rule == plain.rule


@given(st.sampled_from(DANGER), st.sampled_from(["喂你好", "我是黄河路这边的", "麻烦", "", "同志"]))
def test_what_stands_around_changes_nothing(text: str, before: str) -> None:
    assert RULES.check(f"{before},{text},快来人") is not None


@given(
    st.sampled_from(["煤气味", "燃气味", "漏气", "漏电", "着火"]), st.sampled_from(["不是", "没有", "并不是"])
)
def test_a_plain_no_before_it_silences(danger: str, no: str) -> None:
    assert RULES.check(danger) is not None
    assert RULES.check(no + danger) is None


@given(
    st.sampled_from(["爆管", "漏电", "着火", "井盖丢了"]),
    st.sampled_from(["会不会", "万一", "防止", "要是", "去年"]),
)
def test_what_is_supposed_or_past_silences(danger: str, word: str) -> None:
    assert RULES.check(danger) is not None
    assert RULES.check(word + danger) is None


@given(st.text(max_size=200))
def test_any_text_is_answered_and_spans_lie_within_it(text: str) -> None:
    for found in RULES.all(text):
        assert 0 <= found.start < found.end <= len(text)
        assert all(word in text for word in found.words)


@pytest.mark.parametrize("text", ["", " ", "😀😀😀", string.ascii_letters, "\x00\ud800", "。" * 1000])
def test_what_says_nothing_raises_nothing(text: str) -> None:
    assert RULES.check(text) is None


class Counted(str):
    """Text that counts how often its characters are looked at."""

    looks = 0

    def __iter__(self) -> Iterator[str]:
        Counted.looks += len(self)
        return super().__iter__()

    def __getitem__(self, place: object) -> str:
        Counted.looks += 1
        return super().__getitem__(place)  # type: ignore[index]


@pytest.mark.parametrize("unit", ["没有煤气味", "煤气", "会不会漏电", "井盖没丢,", "a", "底下井盖响"])
def test_the_search_is_linear_in_the_text(unit: str) -> None:
    """Looks at characters, not seconds: twice the text is at most a little over twice the looks."""
    lexicon = Lexicon(
        [Concept("gas", ("煤气", "煤气味", "煤~漏")), Concept("well", ("井盖没",), ("底下井盖",))]
    )

    def looks(times: int) -> int:
        Counted.looks = 0
        lexicon.find(Counted(unit * times))
        return Counted.looks

    assert looks(2000) <= 2.1 * looks(1000)


def test_a_hundred_kilobytes_are_read_to_the_end() -> None:
    filler = "没有煤气味,会不会漏电,井盖没丢," * 2400
    assert len(filler.encode()) > 100_000
    assert RULES.check(filler) is None
    found = RULES.check(filler + "。路面塌了")
    assert found is not None
    assert found.rule == "U5"
    assert found.start == len(filler) + 1


class TestReading:
    def test_it_leaves_out_marks_and_knows_where_clauses_end(self) -> None:
        reading = read("不是, 煤气!漏 了")
        assert reading.text == "不是煤气漏了"
        assert reading.clauses == (0, 0, 1, 1, 2, 2)
        assert reading.sentences == (0, 0, 0, 0, 1, 1)
        assert reading.original(4, 6) == "漏 了"

    def test_a_point_within_a_number_ends_nothing(self) -> None:
        assert set(read("水深1.5米").sentences) == {0}


class TestLexicon:
    def test_a_gap_takes_a_few_characters_and_no_more(self) -> None:
        lexicon = Lexicon([Concept("x", ("下~井",))])
        assert lexicon.find("下" + "一" * MOST_BETWEEN + "井") == {"x": ((0, MOST_BETWEEN + 2),)}
        assert lexicon.find("下" + "一" * (MOST_BETWEEN + 1) + "井") == {}

    def test_a_word_within_an_exception_is_not_found(self) -> None:
        lexicon = Lexicon([Concept("x", ("下井",), ("底下井",))])
        assert lexicon.find("底下井盖") == {}
        assert lexicon.find("他下井了") == {"x": ((1, 3),)}

    def test_what_is_heard_is_found_by_its_sound_and_only_it(self) -> None:
        lexicon = Lexicon([Concept("x", ("井盖",), ("竟该",), heard=("漏电",))])
        assert lexicon.find("楼店") == {"x": ((0, 2),)}
        assert lexicon.find("景盖") == {}

    def test_an_exception_is_meant_as_it_is_written(self) -> None:
        lexicon = Lexicon([Concept("x", ("漏电",), ("楼店",), heard=("漏电",))])
        assert lexicon.find("楼店") == {}
        assert lexicon.find("漏店") == {"x": ((0, 2),)}

    def test_what_is_heard_stays_within_its_clause(self) -> None:
        lexicon = Lexicon([Concept("x", ("井盖",), heard=("漏电",))])
        assert lexicon.find("漏垫", (0, 0)) == {"x": ((0, 2),)}
        assert lexicon.find("漏垫", (0, 1)) == {}
        assert lexicon.find("井盖", (0, 1)) == {"x": ((0, 2),)}

    def test_an_exception_across_clauses_is_none_for_a_word_within_one(self) -> None:
        lexicon = Lexicon([Concept("x", ("断了", "漏电"), ("断了水", "漏电梯"))])
        assert lexicon.find("断了水", (0, 0, 0)) == {}
        assert lexicon.find("断了水", (0, 0, 1)) == {"x": ((0, 2),)}
        assert lexicon.find("漏电梯", (0, 1, 1)) == {}

    @pytest.mark.parametrize("words", [("",), ("x" * 25,), ("a~",)])
    def test_words_that_cannot_be_found_are_refused(self, words: tuple[str, ...]) -> None:
        with pytest.raises(ValueError, match="a word has"):
            Lexicon([Concept("x", words)])

    def test_a_concept_is_given_once(self) -> None:
        with pytest.raises(ValueError, match="twice"):
            Lexicon([Concept("x", ("a",)), Concept("x", ("b",))])


class TestRulesThatDoNotFit:
    WORDS = '[gas]\nwords = "gas"\n'
    SCRIPT = '[gas."zh-CN"]\nname = "x"\nsteps = ["x"]\n[gas.en]\nname = "x"\nsteps = ["x"]\n'

    @staticmethod
    def rule(**values: str) -> str:
        lines = {"code": '"U1"', "key": '"gas"', "rank": "1", "source": '"x"', "calls": '["gas"]', **values}
        trigger = lines.pop("trigger", 'all = ["gas"]')
        return (
            "guard = []\n[[rule]]\n"
            + "".join(f"{key} = {value}\n" for key, value in lines.items())
            + (f"[[rule.trigger]]\n{trigger}\n")
        )

    def bad(self) -> Iterator[tuple[str, str, str, str]]:
        yield self.WORDS, self.rule(trigger='all = ["smell"]'), self.SCRIPT, "no such concepts: smell"
        yield self.WORDS, self.rule(trigger="all = []"), self.SCRIPT, "a trigger without concepts"
        yield self.WORDS, self.rule(calls='["moon"]'), self.SCRIPT, "U1 calls moon"
        yield "[gas]\n", self.rule(), self.SCRIPT, "has no words"
        yield self.WORDS, self.rule(), self.SCRIPT.replace('["x"]', "[]"), "no safety script"

    def test_they_are_refused_by_name(self) -> None:
        for words, rules, scripts, why in self.bad():
            with pytest.raises(ValueError, match=why):
                read_rules(words, rules, scripts)
        assert read_rules(self.WORDS, self.rule(), self.SCRIPT).rules[0].code == "U1"
