"""The classifier: features, training, proposals, the file it is kept in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hotline.errors import InvalidInput
from hotline.ports.classifier import Question
from nlp.classifier.corpus import Example, InvalidCorpus, read_examples, read_folder
from nlp.classifier.features import Extractor, build_vocabulary, is_intelligible, read_concepts
from nlp.classifier.model import Model, UnusableModel, load, save
from nlp.classifier.training import load_or_train, model_path, train, version_of
from nlp.text.segment import JiebaSegmenter
from tests.support.little_corpus import CATEGORIES, WORDS, rows, write_corpus

HEADER = "leaf\trequest_type\turgency\ttext\n"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    return read_folder(write_corpus(tmp_path_factory.mktemp("corpus")), WORDS, CATEGORIES)


@pytest.fixture(scope="module")
def model(examples: list[Example]) -> Model:
    return train(examples, CATEGORIES)


class TestReadingACorpus:
    def test_request_types_become_codes_and_codes_are_taken_as_they_are(self) -> None:
        read = read_examples(
            f"{HEADER}LT-01-01\t求助\tN\t灯坏了\nSN-02-01\tcomplaint\tN\t垃圾\n", WORDS, CATEGORIES
        )
        assert [one.request_type for one in read] == ["help", "complaint"]

    def test_a_source_may_stand_beside(self) -> None:
        (one,) = read_examples("leaf\trequest_type\turgency\ttext\tsource\nX\thelp\tN\ta\tb\n", WORDS)
        assert (one.source, one.title) == ("b", "")

    def test_every_wrong_cell_is_named(self) -> None:
        table = f"{HEADER}LT-09-09\t求助\tN\tx\nLT-01-01\t闲聊\tE7\t \nLT-01-01\t求助\n"
        with pytest.raises(InvalidCorpus) as refused:
            read_examples(table, WORDS, CATEGORIES, "a.tsv")
        assert {(one.field, one.code) for one in refused.value.fields} == {
            ("a.tsv row 2.leaf", "field_choice"),
            ("a.tsv row 3.request_type", "field_choice"),
            ("a.tsv row 3.urgency", "field_choice"),
            ("a.tsv row 3.text", "field_missing"),
            ("a.tsv row 4", "row_wrong_column_count"),
        }

    @pytest.mark.parametrize("text", ["", "leaf\ttext\n", "\x00\x01"])
    def test_a_table_of_another_shape_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidInput):
            read_examples(text, WORDS)

    def test_a_folder_that_is_not_there_has_no_examples(self, tmp_path: Path) -> None:
        assert read_folder(tmp_path / "none", WORDS) == []


class TestFeatures:
    def test_characters_words_and_concepts_are_counted(self) -> None:
        concepts = read_concepts("concept\twords\nlamp\t路灯;灯泡\nout\t不亮;灭\n")
        counts = Extractor(JiebaSegmenter(["路灯", "不亮"]), concepts).counts("俺家路灯,不亮!")
        assert {"c路", "c路灯", "w路灯", "klamp", "kout", "klamp+out"} <= set(counts)
        assert not any("!" in feature for feature in counts)

    def test_the_title_counts_twice(self) -> None:
        extractor = Extractor(JiebaSegmenter(), read_concepts("concept\twords\n"))
        assert extractor.counts("灯", title="路")["c路"] == 2

    def test_only_the_beginning_of_a_long_text_is_read(self) -> None:
        counts = Extractor(JiebaSegmenter(), read_concepts("concept\twords\n")).counts("水" * 50_000 + "灯")
        assert "c灯" not in counts

    def test_a_vector_knows_only_what_was_learnt(self) -> None:
        vocabulary = build_vocabulary([{"ca": 1, "cb": 1}, {"ca": 1}], at_least=2)
        places, values = vocabulary.vector({"ca": 3, "cb": 1, "cz": 9})
        assert (places.tolist(), values.tolist()) == ([0], [pytest.approx(1)])

    @pytest.mark.parametrize("text", ["", "concept\n", "concept\twords\nlamp\t\n"])
    def test_a_wrong_table_of_concepts_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"line \d"):
            read_concepts(text)

    @pytest.mark.parametrize(
        ("text", "is_so"), [("", 0), ("😀😀", 0), ("help me", 0), ("水", 0), ("停水", 1)]
    )
    def test_what_there_is_to_understand(self, text: str, is_so: int) -> None:
        assert is_intelligible(text) is bool(is_so)


class TestTraining:
    def test_the_same_corpus_categories_and_seed_make_the_same_model(
        self, examples: list[Example], model: Model
    ) -> None:
        again = train(examples, CATEGORIES)
        assert again.version == model.version
        assert again.temperature == model.temperature
        np.testing.assert_array_equal(again.by_category.weights, model.by_category.weights)

    def test_another_corpus_category_or_seed_is_another_version(self, examples: list[Example]) -> None:
        version = version_of(examples, CATEGORIES)
        assert version != version_of(examples[1:], CATEGORIES)
        assert version != version_of(examples, CATEGORIES[1:])
        assert version != version_of(examples, CATEGORIES, seed=1)

    def test_nothing_to_tell_apart_is_refused(self, examples: list[Example]) -> None:
        with pytest.raises(ValueError, match="nothing to tell apart"):
            train(examples[:1], CATEGORIES)


class TestProposals:
    @pytest.mark.parametrize(
        ("text", "category", "request_type", "urgency"),
        [
            ("俺楼下路灯不亮", "LT-01-01", "help", "N"),
            ("摸着灯杆麻手", "LT-02-02", "help", "E0"),
            ("公厕太臭了", "SN-04-01", "complaint", "N"),
        ],
    )
    def test_what_it_says(
        self, model: Model, text: str, category: str, request_type: str, urgency: str
    ) -> None:
        said = model.reader().propose(Question(text))
        assert (said.category, said.request_type, said.urgency) == (category, request_type, urgency)
        assert said.top[0].category == category
        assert said.model == model.version

    def test_guesses_are_ranked_and_add_up(self, model: Model) -> None:
        said = model.reader().propose(Question("路边一堆东西"))
        sureness = [guess.confidence for guess in said.top]
        assert sureness == sorted(sureness, reverse=True)
        assert sum(sureness) == pytest.approx(1, abs=0.001)
        assert said.confidence == sureness[0]

    @pytest.mark.parametrize("text", ["", " ", "😀😀😀", "hello", "\x00", "\ud800", "，。！"])
    def test_what_cannot_be_understood_needs_a_person(self, model: Model, text: str) -> None:
        said = model.reader().propose(Question(text))
        assert said.needs_human
        assert len(said.top) == len(CATEGORIES)

    def test_what_a_surer_rule_has_left_comes_first(self, model: Model) -> None:
        said = model.reader().propose(Question("公厕太臭了", among=["LT-02-02"]))
        assert (said.category, said.urgency, said.confidence) == ("LT-02-02", "E0", 0.95)
        assert said.top[1].category == "SN-04-01"

    def test_categories_that_do_not_exist_leave_everything(self, model: Model) -> None:
        reader = model.reader()
        assert reader.propose(Question("公厕太臭了", among=["XX-01-01"])) == reader.propose(
            Question("公厕太臭了")
        )


class TestKeeping:
    def test_what_was_kept_answers_as_before(self, model: Model, tmp_path: Path) -> None:
        save(model, tmp_path / "m.npz")
        again = load(tmp_path / "m.npz", model.version)
        for *_, text in rows():
            assert again.reader().propose(Question(text)) == model.reader().propose(Question(text))

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"\x80\x04K\x01."])
    def test_what_is_no_model_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "m.npz").write_bytes(content)
        with pytest.raises(UnusableModel):
            load(tmp_path / "m.npz")

    def test_another_version_is_refused(self, model: Model, tmp_path: Path) -> None:
        save(model, tmp_path / "m.npz")
        with pytest.raises(UnusableModel, match="not 0123"):
            load(tmp_path / "m.npz", "0123")

    def test_a_damaged_file_is_made_anew(self, examples: list[Example], tmp_path: Path) -> None:
        path = model_path(tmp_path, version_of(examples, CATEGORIES))
        path.write_bytes(b"cut off")
        version = load_or_train(tmp_path, examples, CATEGORIES).version
        assert load(path, version).version == version

    def test_a_folder_that_cannot_be_written_to_costs_only_the_file(
        self, examples: list[Example], tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        assert load_or_train(tmp_path / "file", examples, CATEGORIES).categories == CATEGORIES
        assert [one.name for one in tmp_path.iterdir()] == ["file"]
