"""One document in every format: the same questions have the same quotations, each with its format's own place."""

from pathlib import Path
from typing import NamedTuple

import pytest

from fakes import no_progress
from one_document import FORMATS
from qa.embedding.packaged import PackagedEncoder
from qa.embedding.remembering import RememberingEncoder
from qa.engine import Engine
from qa.settings import Settings
from qa.types import Answer, Citation
from qa.wiring import make_builder, make_engine


class Asked(NamedTuple):
    """A question, the only right quotation with its section, and its place as slide, cells and page."""

    question: str
    quote: str
    section: str
    slide: int
    cells: str
    page: int
    table: bool = False
    listed: bool = False


QUESTIONS = (
    Asked(
        "When was the first pier built?",
        "The first pier was built by hand in 1902, from oak that came down the river.",
        "History", 2, "History!A1", 1,
    ),
    Asked(
        "Who designed the lighthouse?",
        "The lighthouse at its end was designed by Agnes Thorvald.",
        "History", 2, "History!A2", 1,
    ),
    Asked(
        "What did the café lose in the storm of 1962?",
        "During the storm of 1962 the café Måken lost its roof, and the keeper’s boat was found three miles inland.",
        "History", 2, "History!A3", 1,
    ),
    Asked(
        "What are the rules of the quay?",
        "Everyone who uses the quay keeps to the following rules: Dogs are kept on a lead. Nets are mended on the "
        "northern side only. No fire is lit between May and September. Boats over twelve metres ask the harbour "
        "master first.",
        "Rules of the quay", 3, "", 1, listed=True,
    ),
    Asked(
        "Where are nets mended?",
        "Nets are mended on the northern side only.",
        "Rules of the quay", 3, "'Rules of the quay'!A3", 1,
    ),
    Asked(
        "When may the harbour master close the quay?",
        "The harbour master may close the quay when the wind is stronger than forty knots.",
        "Rules of the quay", 3, "'Rules of the quay'!A6", 1,
    ),
    Asked(
        "What is the main export of the harbour?",
        "Salted cod is the main export of the harbour.",
        "Trade", 4, "Trade!A1", 1,
    ),
    Asked(
        "How many tonnes does the ice house store?",
        "The ice house stores four hundred tonnes, which is enough for six weeks of fishing.",
        "Trade", 4, "Trade!A2", 1,
    ),
    Asked("What was the revenue in 2019?", "2019 | 978 | 352 | 14,100", "Figures", 5, "Figures!A7:D7", 1, table=True),
    Asked(
        "How many visitors were there in 2017?",
        "2017 | 845 | 325 | 10,250",
        "Figures", 5, "Figures!A5:D5", 1, table=True,
    ),
    Asked(
        "How much do tickets cost?",
        "Tickets cost sixty crowns, and children under twelve pay nothing.",
        "Visiting", 6, "Visiting!A1", 2,
    ),
    Asked(
        "How long does the bus from the airport take?",
        "The bus from the airport takes twenty-five minutes and stops in front of the church.",
        "Visiting", 6, "Visiting!A2", 2,
    ),
)  # fmt: skip
HEAD = "Year | Revenue | Wages | Visitors"


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory, packaged_encoder: PackagedEncoder) -> dict[str, Engine]:
    """The product as it is wired, over each file alone; no text is embedded twice."""
    encoder = RememberingEncoder(packaged_encoder)
    found = {}
    for name, written in FORMATS.items():
        folder = tmp_path_factory.mktemp(name.partition(".")[0])
        (folder / "corpus").mkdir()
        (folder / "corpus" / name).write_bytes(written())
        settings = Settings.model_validate({"corpus": folder / "corpus", "index": folder / "index"})
        report = make_builder(settings, encoder).build(Path(settings.corpus), no_progress)
        assert not report.skipped
        found[name] = make_engine(settings, encoder)
    return found


def cited(engine: Engine, question: str) -> Citation:
    reply = engine.ask(question).reply
    assert isinstance(reply, Answer), reply.reason
    return reply.citations[0]


def asked_of(name: str) -> list[Asked]:
    """The questions that a format can answer: plain text has no tables, a table nothing else, and cells no lists."""
    if name == "table.csv":
        return [asked for asked in QUESTIONS if asked.table]
    left_out = {"text.txt": "table", "sheets.xlsx": "listed"}.get(name, "")
    return [asked for asked in QUESTIONS if not (left_out and getattr(asked, left_out))]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_quotations_and_its_own_places(name: str, engines: dict[str, Engine]) -> None:
    wrong = []
    for asked in asked_of(name):
        citation = cited(engines[name], asked.question)
        row = 2 + ("2016", "2017", "2018", "2019").index(asked.quote[:4]) if asked.table else 0
        places = {
            "slides.pptx": f"slide {asked.slide}",
            "sheets.xlsx": asked.cells,
            "table.csv": f"A{row}:D{row}",
        }
        place = places.get(name)
        page = {"slides.pptx": asked.slide, "printed.pdf": asked.page}.get(name)
        section = () if name == "table.csv" else (asked.section,)
        head = citation.header.quote if citation.header else None
        found = (" ".join(citation.quote.split()), citation.headings, citation.page, citation.place, head)
        expected = (asked.quote, section, page, place, HEAD if asked.table else None)
        if found != expected:
            wrong.append((asked.question, found, expected))
    assert wrong == []


def test_every_format_is_here() -> None:
    assert len(FORMATS) == 11
    assert sum(len(asked_of(name)) for name in FORMATS) == 11 * 12 - 10 - 2 - 1
