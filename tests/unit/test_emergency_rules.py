"""Emergency rules (DOMAIN §4.4): what raises an alarm and what does not; the cases are a table."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from hotline.ports.emergency import Alarm
from nlp.emergency.engine import RuleEngine
from nlp.emergency.rules import shipped_rules

DATA = Path(__file__).parent / "data"
CORPUS = Path(__file__).parents[2] / "nlp/data/corpus/train"
RULES = [f"U{number}" for number in range(1, 12)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


CASES = rows(DATA / "emergency_cases.tsv")
SEED = rows(CORPUS / "seed.tsv")
VARIANTS = [
    row for name in ("emergency", "emergency2") for row in rows(CORPUS.parent / f"heldout/{name}.tsv")
]


@pytest.fixture(scope="module")
def rules() -> RuleEngine:
    return RuleEngine()


@pytest.fixture(scope="module")
def verdicts(rules: RuleEngine) -> list[tuple[str, bool]]:
    """Urgency of each row of the training corpus, and whether a rule fires."""
    every = [row for file in sorted(CORPUS.glob("*.tsv")) for row in rows(file)]
    return [(row["urgency"], rules.check(row["text"]) is not None) for row in every]


def alarm(rules: RuleEngine, text: str) -> Alarm:
    found = rules.check(text)
    assert found is not None, text
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule']}:{case['text'][:14]}")
def test_the_table_of_cases(rules: RuleEngine, case: dict[str, str]) -> None:
    found = rules.check(case["text"])
    assert (found.rule if found else "-") == case["rule"], case["about"]


def test_every_rule_has_cases_that_raise_it() -> None:
    assert {case["rule"] for case in CASES} == {*RULES, "-"}


class TestTheSeedUtterances:
    """DOMAIN §4.5: every E0 one fires, and no other does."""

    @pytest.mark.parametrize(
        "row", [row for row in SEED if row["urgency"] == "E0"], ids=lambda row: row["text"]
    )
    def test_danger_is_recognised(self, rules: RuleEngine, row: dict[str, str]) -> None:
        assert alarm(rules, row["text"]).urgency == "E0"

    @pytest.mark.parametrize(
        "row", [row for row in SEED if row["urgency"] != "E0"], ids=lambda row: row["text"]
    )
    def test_the_rest_is_left_alone(self, rules: RuleEngine, row: dict[str, str]) -> None:
        assert rules.check(row["text"]) is None


class TestAnAlarmExplainsItself:
    def test_its_span_and_words_are_the_citizens_own(self, rules: RuleEngine) -> None:
        text = "喂你好，　俺家 煤 气 味儿老大了！"
        found = alarm(rules, text)
        assert text[found.start : found.end] == "煤 气 味"
        assert found.words == ("煤 气", "味")

    def test_every_guard_says_why_it_did_not_hold(self, rules: RuleEngine) -> None:
        found = alarm(rules, "井盖没了")
        assert {reason.guard for reason in found.reasons} == {guard.code for guard in shipped_rules().guards}
        assert {reason.standing for reason in found.reasons} == {"absent"}

    def test_a_guard_that_was_lifted_names_both_words(self, rules: RuleEngine) -> None:
        found = alarm(rules, "会不会漏气啊,现在呲呲往外冒")
        [lifted] = [reason for reason in found.reasons if reason.standing == "lifted"]
        assert (lifted.guard, lifted.word) == ("supposed", "会不会")
        assert lifted.lifted_by


class TestSeveralRules:
    def test_the_gravest_comes_first(self, rules: RuleEngine) -> None:
        found = rules.all("井盖没了,有个小孩掉井里了")
        assert [one.rule for one in found][:1] == ["U8"]
        assert "U4" in {one.rule for one in found}

    def test_each_rule_is_named_once(self, rules: RuleEngine) -> None:
        codes = [one.rule for one in rules.all("煤气味很大,燃气漏了,闻见煤气味")]
        assert codes == ["U1"]


class TestSafetyScripts:
    @pytest.mark.parametrize("rule", RULES)
    def test_each_rule_has_one_in_both_languages(self, rules: RuleEngine, rule: str) -> None:
        chinese, english = rules.script(rule, "zh-CN"), rules.script(rule, "en")
        assert chinese.name
        assert english.name
        assert len(chinese.steps) == len(english.steps) >= 3
        assert chinese.calls == english.calls != ()

    def test_nobody_is_told_to_go_down_the_well(self, rules: RuleEngine) -> None:
        assert "千万不要下井救人" in rules.script("U8", "zh-CN").steps[0]

    def test_ranks_order_the_rules_without_ties(self) -> None:
        ranks = [rule.rank for rule in shipped_rules().rules]
        assert all(first < second for first, second in pairwise(ranks))
        assert sorted(rule.code for rule in shipped_rules().rules) == sorted(RULES)


class TestTheVariants:
    """What two other hands wrote against the rules: talk, wrong characters, recognisers' errors, and the
    neighbours that must not alarm. DOMAIN §4.2: recall 1.00, precision at least 0.85; a miss is a defect.
    """

    @pytest.mark.parametrize(
        "row", [row for row in VARIANTS if row["expect"] == "E0"], ids=lambda row: row["text"]
    )
    def test_each_danger_is_recognised(self, rules: RuleEngine, row: dict[str, str]) -> None:
        assert rules.check(row["text"]) is not None

    def test_few_of_the_others_alarm(self, rules: RuleEngine) -> None:
        alarms = [row["expect"] for row in VARIANTS if rules.check(row["text"]) is not None]
        assert alarms.count("E0") / len(alarms) >= 0.95

    def test_the_rule_is_nearly_always_the_one_that_was_meant(self, rules: RuleEngine) -> None:
        meant = [row for row in VARIANTS if row["expect"] == "E0"]
        right = [row for row in meant if row["rule"] in {one.rule for one in rules.all(row["text"])}]
        assert len(right) / len(meant) >= 0.95


class TestTheTrainingCorpus:
    """Rows others wrote. Thresholds are DOMAIN §4.2's for text unseen, so the text seen must do better."""

    def test_danger_is_seldom_left_to_the_category(self, verdicts: list[tuple[str, bool]]) -> None:
        fired = [fires for urgency, fires in verdicts if urgency == "E0"]
        assert sum(fired) / len(fired) >= 0.95

    def test_alarms_are_seldom_false(self, verdicts: list[tuple[str, bool]]) -> None:
        alarms = [urgency for urgency, fires in verdicts if fires]
        assert alarms.count("E0") / len(alarms) >= 0.9
