"""From evidence to a probability: more support never lowers it, and the sum is the logistic one."""

import math
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeEncoder, PlainLexicalIndex
from qa.calibration import INTERCEPT, OPERATING_POINTS, WEIGHTS, Evidence, LogisticJudge, threshold_for
from qa.ports import LexicalEntry, Reader
from qa.reading import sentence, span
from qa.reading.sentence import SentenceReader
from qa.reading.span import SpanReader
from qa.reading.span_model import SpanModel
from qa.types import Chunk, Passage, RankedPassage, Span

TEXT = "The lantern of Port Amber is green. Gulls nest on the roof."
LEXICAL = PlainLexicalIndex(
    [LexicalEntry("Harbour", "Lights", TEXT), LexicalEntry("Attic", "", "Bats sleep in the attic in 1980.")]
)
READERS = sorted(WEIGHTS)


def support(reader: str) -> list[str]:
    """The features that speak for an answer."""
    return [name for name in WEIGHTS[reader] if name != INTERCEPT]


def passages() -> list[RankedPassage]:
    """One passage of two sentences."""
    units = (Span(0, 35), Span(36, 59))
    chunk = Chunk(document_id="d", ordinal=0, span=Span(0, 59), sentences=units, children=units, headings=("Lights",))
    passage = Passage(chunk=chunk, path="harbour.txt", title="Harbour", text=TEXT)
    return [RankedPassage(passage=passage, score=1.0, rank=1, contributions=())]


def evidence_of(question: str, reader: Reader | None = None) -> Evidence:
    """The evidence as the product gathers it."""
    reader = reader or SentenceReader(encoder=FakeEncoder())
    return Evidence.of(question, passages(), reader.read(question, passages(), LEXICAL), LEXICAL)


def weighed(reader: str, features: Mapping[str, float], judge: LogisticJudge | None = None) -> float:
    """The confidence for some features."""
    evidence = Evidence(reader=reader, features=features, missing=(), missing_names=(), unknown=())
    return (judge or LogisticJudge()).probability(evidence)


def reason(question: str) -> str:
    """What the product says when it does not answer."""
    found = SentenceReader(encoder=FakeEncoder()).read(question, passages(), LEXICAL)
    return LogisticJudge().judge(question, passages(), found, LEXICAL).reason


def test_every_reader_has_weights_of_features_that_it_gathers(packaged_span_model: SpanModel) -> None:
    sentences = SentenceReader(encoder=FakeEncoder())
    readers: dict[str, Reader] = {
        sentence.NAME: sentences,
        span.NAME: SpanReader(model=packaged_span_model, sentences=sentences),
    }
    assert WEIGHTS.keys() == readers.keys()
    for name, reader in readers.items():
        evidence = evidence_of("What colour is the lantern?", reader)
        assert evidence.reader == name
        assert WEIGHTS[name].keys() - {INTERCEPT} <= evidence.features.keys()


@pytest.mark.parametrize("reader", READERS)
def test_weights_agree_with_what_features_mean(reader: str) -> None:
    assert support(reader)
    assert all(WEIGHTS[reader][name] > 0 for name in support(reader))


shares = st.floats(0, 1)


@given(reader=st.sampled_from(READERS), low=shares, more=shares)
def test_more_support_never_lowers_the_confidence(reader: str, low: float, more: float) -> None:
    weak = dict.fromkeys(support(reader), low)
    for name in support(reader):
        strong = weak | {name: low + more}
        assert 0 <= weighed(reader, weak) <= weighed(reader, strong) <= 1


@given(st.sampled_from(READERS), st.data())
def test_the_confidence_is_logistic_in_the_weighted_sum(reader: str, data: st.DataObject) -> None:
    names = [*WEIGHTS[reader], "another"]
    features = data.draw(st.dictionaries(st.sampled_from(names).filter(lambda n: n != INTERCEPT), st.floats(-1, 1)))
    logit = WEIGHTS[reader][INTERCEPT]
    for name in WEIGHTS[reader].keys() - {INTERCEPT}:
        logit += WEIGHTS[reader][name] * features.get(name, 0.0)

    assert weighed(reader, features) == pytest.approx(0.5 * (1 + math.tanh(logit / 2)), abs=1e-9)


def test_the_confidence_by_hand() -> None:
    judge = LogisticJudge(weights={"r": {INTERCEPT: -1.0, "similarity": 2.0, "unseen": -3.0}})

    assert weighed("r", {}, judge) == pytest.approx(0.26894142)  # 1 / (1 + e)
    assert weighed("r", {"similarity": 1.0}, judge) == pytest.approx(0.73105858)  # 1 / (1 + 1/e)
    assert weighed("r", {"similarity": 1.0, "unseen": 1 / 3}, judge) == pytest.approx(0.5)
    low = {"similarity": 0.5, "unseen": 1.0, "other": 9.0}
    assert weighed("r", low, judge) == pytest.approx(0.04742587)  # 1 / (1 + e**3)


@pytest.mark.parametrize("logit", [-500.0, 500.0])
def test_extreme_evidence_is_no_error(logit: float) -> None:
    judge = LogisticJudge(weights={"r": {INTERCEPT: logit}})

    assert weighed("r", {}, judge) == pytest.approx(float(logit > 0))


def test_the_evidence_by_hand() -> None:
    evidence = evidence_of("Is the lantern of Port Zanzibar green in 1980?")

    # port, lantern, green, is, the, of are in the passage; in and 1980 only elsewhere; Zanzibar nowhere
    assert evidence.missing == ("Zanzibar", "in", "1980")
    assert evidence.missing_names == ("Zanzibar", "1980")
    assert evidence.unknown == ("Zanzibar",)


def test_a_question_whose_words_are_all_there_misses_nothing() -> None:
    evidence = evidence_of("Is the lantern of Port Amber green?")

    assert (evidence.missing, evidence.missing_names, evidence.unknown) == ((), (), ())
    assert evidence.features["coverage"] == pytest.approx(1.0)


def test_titles_and_headings_count_as_seen() -> None:
    assert evidence_of("harbour lights").missing == ()


REASONS = {
    # a name or number that no document holds
    "Is the lantern of Port Zanzibar green in 1980?": "No document mentions “Zanzibar”.",
    "Who painted the Mona Lisa of Port Amber?": "No document mentions “Mona Lisa”.",
    "Is the lantern of MQ-9B or of Zanzibar?": "No document mentions “MQ-9B” or “Zanzibar”.",
    # one that the documents hold, but none of the passages found
    "Is the lantern green in 1980?": "The documents mention “1980”, but none of the passages found does.",
    # the right words, but without what was asked for
    "When is the lantern of Port Amber lit?": "The passages found mention “Port Amber”, but not together with a time.",
    "In which year did Amber open?": "The passages found mention “Amber”, but not together with a year.",
    "How many lanterns has Port Amber?": "The passages found mention “Port Amber”, but not together with a number.",
    # with what was asked for, so that only a word is missing
    "Who is Port Amber": "No passage found answers this, and no document has “Who”.",
    # other words that are missing
    "zebras nest": "No passage found answers this, and no document has “zebras”.",
    "bats nest": "No passage found answers this, and none has “bats”.",
    # nothing is missing
    "Is the lantern green?": "The passages found use the words of the question, but none answers it clearly enough.",
    "lantern gulls": "The passages found are only loosely related to the question.",
}


@pytest.mark.parametrize("question", REASONS)
def test_the_reason_says_what_was_missed(question: str) -> None:
    assert reason(question) == REASONS[question]


def test_without_passages_the_reason_is_still_a_sentence() -> None:
    verdict = LogisticJudge().judge("Is the lantern green?", [], [], LEXICAL)

    assert verdict.confidence == 0.0
    assert verdict.reason == "No passage found answers this, and none has “Is”, “the”, “lantern” or “green”."


@pytest.mark.parametrize("question", ["How many zebras?", "How much is it?", "how long", "How old is Zoe?"])
def test_the_words_that_ask_are_missed_by_nobody(question: str) -> None:
    asking = question.split()[1]
    assert asking not in evidence_of(question).missing
    assert asking not in evidence_of(question).unknown


def test_a_target_precision_gives_the_threshold_that_was_measured() -> None:
    for precision, threshold in OPERATING_POINTS:
        assert threshold_for(precision) == pytest.approx(threshold)
    for (low, start), (high, end) in pairwise(OPERATING_POINTS):
        assert low < high
        assert start <= end
        assert threshold_for((low + 3 * high) / 4) == pytest.approx((start + 3 * end) / 4)


def test_beyond_what_was_measured_the_nearest_point_counts() -> None:
    assert threshold_for(0.1) == pytest.approx(OPERATING_POINTS[0][1])
    assert threshold_for(0.99) == pytest.approx(OPERATING_POINTS[-1][1])
