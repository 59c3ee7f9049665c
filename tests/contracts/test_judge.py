"""What every judge does, the real one and the fake."""

import pytest

from contracts.test_reader import BOTH, LEXICAL
from fakes import FakeEncoder, FakeJudge, FakeReader
from qa.calibration import LogisticJudge
from qa.ports import Judge, Reader
from qa.reading.sentence import SentenceReader
from qa.types import Verdict


class JudgeContract:
    """Run by every judge, with a reader whose candidates it knows."""

    reader: Reader = FakeReader()

    @pytest.fixture
    def judge(self) -> Judge:
        """The judge under test."""
        raise NotImplementedError

    def verdict(self, judge: Judge, question: str) -> Verdict:
        """What it says of a question on the passages of the harbour."""
        return judge.judge(question, BOTH, self.reader.read(question, BOTH, LEXICAL), LEXICAL)

    @pytest.mark.parametrize(
        "question", ["Where do gulls nest?", "Who painted the Mona Lisa?", "?", "zebra", "\U0001f600"]
    )
    def test_a_confidence_is_a_probability_and_comes_with_a_reason(self, judge: Judge, question: str) -> None:
        verdict = self.verdict(judge, question)

        assert 0 <= verdict.confidence <= 1
        assert verdict.reason.endswith(".")

    def test_without_a_candidate_there_is_no_confidence(self, judge: Judge) -> None:
        assert judge.judge("Where do gulls nest?", BOTH, [], LEXICAL).confidence == 0
        assert judge.judge("Where do gulls nest?", [], [], LEXICAL).confidence == 0

    def test_words_that_stand_there_are_better_than_others(self, judge: Judge) -> None:
        answered = self.verdict(judge, "Gulls nest on the roof.")
        absent = self.verdict(judge, "Zebras on Saturn?")

        assert answered.confidence > 0.5 > absent.confidence

    def test_unknown_words_are_shown_as_they_were_typed(self, judge: Judge) -> None:
        assert self.verdict(judge, "Gulls nest on Saturn and ZEBRAS").unknown == ("Saturn", "and", "ZEBRAS")
        assert self.verdict(judge, "Gulls nest").unknown == ()

    def test_the_same_evidence_gives_the_same_verdict(self, judge: Judge) -> None:
        assert self.verdict(judge, "gulls at noon") == self.verdict(judge, "gulls at noon")


class TestLogistic(JudgeContract):
    reader = SentenceReader(encoder=FakeEncoder(dimension=256))

    @pytest.fixture
    def judge(self) -> Judge:
        return LogisticJudge()


class TestFakeJudge(JudgeContract):
    @pytest.fixture
    def judge(self) -> Judge:
        return FakeJudge()
