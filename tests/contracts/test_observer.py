"""What every observer does: it hears anything, answers nothing and never gets in the way."""

import pytest

from fakes import RecordingObserver
from qa.observe import LogObserver, NullObserver
from qa.ports import Observer


class ObserverContract:
    """Run by every observer."""

    @pytest.fixture
    def observer(self) -> Observer:
        """The observer under test."""
        raise NotImplementedError

    @pytest.mark.parametrize("name", ["retrieve", "", "two\nlines", "\ud800", "%s %d {x}"])
    @pytest.mark.parametrize("milliseconds", [0.0, 1e9, float("inf"), float("nan")])
    def test_a_stage_is_heard(self, observer: Observer, name: str, milliseconds: float) -> None:
        observer.stage(name, milliseconds)

    @pytest.mark.parametrize("confidence", [0.0, 0.5, 1.0])
    def test_a_reply_is_heard(self, observer: Observer, confidence: float) -> None:
        observer.replied(answered=True, confidence=confidence)
        observer.replied(answered=False, confidence=confidence)


class TestNull(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return NullObserver()


class TestLog(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return LogObserver()


class TestRecording(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return RecordingObserver()

    def test_it_remembers_in_order(self) -> None:
        observer = RecordingObserver()
        observer.stage("read", 2.0)
        observer.replied(answered=False, confidence=0.25)
        assert observer.stages == [("read", 2.0)]
        assert observer.replies == [(False, 0.25)]
