"""`qa.open()`: an engine for Python programs, from a folder to a quotation, with everything wrong said at once."""

from pathlib import Path

import pytest

import qa
from fakes import FakeEncoder
from library import BERTH, BERTH_QUOTE, PENNANT, UNANSWERED, Library
from qa import wiring
from qa.errors import ConfigError, CorpusMissing, IndexMissing

SIZES = {"passage_tokens": 32, "passage_tokens_min": 16, "overlap_tokens": 7, "child_tokens": 16}


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "make_encoder", lambda settings: FakeEncoder())
    monkeypatch.setattr("qa.opening.make_encoder", lambda settings: FakeEncoder())


def opened(library: Library, *, build: bool = True, **settings: object) -> qa.Engine:
    corpus, index = library.settings.corpus, str(library.settings.index)
    values = {**SIZES, "reader": "sentence", "parser_processes": 1, "answer_threshold": 0.0, **settings}
    return qa.open(corpus, index, build=build, **values)


def test_from_a_folder_to_a_quotation(library: Library) -> None:
    engine = opened(library)

    replied = engine.ask(BERTH)

    assert isinstance(replied, qa.Replied)
    assert isinstance(replied.reply, qa.Answer)
    citation = replied.reply.citations[0]
    assert isinstance(citation, qa.Citation)
    assert citation.quote == BERTH_QUOTE
    assert citation.span.of(engine.document(citation.document_id).text) == citation.quote
    followed = engine.ask("and the pilot?", history=[qa.Exchange(BERTH, "twelve crowns")])
    assert followed.question.typed == "and the pilot?"
    assert {record.path for record in engine.documents() if record.reason} == {"latin.txt", "sheet.xyz"}
    assert all(isinstance(found, qa.RankedPassage) for found in engine.search(PENNANT, limit=2))


def test_what_is_built_is_built_once(library: Library) -> None:
    first = opened(library).snapshot().generation

    assert opened(library).snapshot().generation == first
    assert opened(library, build=False).snapshot().generation == first
    library.write("octopus.md", "The octopus has three hearts.")
    assert opened(library, build=False).snapshot().generation == first
    assert opened(library).snapshot().generation != first


def test_settings_are_those_that_are_given(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of the environment or of a file in the working folder."""
    monkeypatch.setenv("QA_NO_SUCH_SETTING", "1")
    monkeypatch.chdir(library.settings.corpus.parent)
    Path("quoth.toml").write_text("nonsense", encoding="utf-8")

    assert isinstance(opened(library, answer_threshold=1.0).ask(UNANSWERED).reply, qa.Abstention)


def test_what_is_wrong_is_said_at_once(library: Library, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="answer_treshold"):
        opened(library, answer_treshold=0.5)
    with pytest.raises(IndexMissing):
        opened(library, build=False)
    with pytest.raises(CorpusMissing):
        qa.open(tmp_path / "nowhere", tmp_path / "index", reader="sentence")
    with pytest.raises(AttributeError, match="no attribute 'opne'"):
        qa.opne  # noqa: B018  # there is none


def test_the_names_can_be_listed() -> None:
    assert set(qa.__all__) <= set(dir(qa))
