"""Contradictions: the same thing with another figure is told from other figures about other things, pair by pair.

In every pair the words between square brackets are what the reader chose; `title > section: sentence` says where.
"""

import re

import pytest

from fakes import PlainLexicalIndex
from qa.answering.conflict import contradicting
from qa.ports import LexicalEntry
from qa.text.terms import QuestionTerms
from qa.types import Candidate, Chunk, Passage, Span

STOPWORDS = frozenset(
    "a an and are as at be by did do does for from has have how in is it of on or the that this to was were what when "
    "which who why will with many much".split()
)


class Words(PlainLexicalIndex):
    """The plain index without the stop words, like the real one."""

    def terms(self, text: str) -> list[str]:
        """Words of some meaning."""
        return [term for term in super().terms(text) if term not in STOPWORDS]


def candidate(number: int, place: str) -> Candidate:
    """The candidate of a line of the tables below; without brackets it is the whole sentence."""
    where, _, marked = place.rpartition(": ")
    title, _, section = where.partition(" > ")
    text = re.sub(r"[\[\]]", "", marked)
    chosen = re.search(r"\[(.*?)\]", marked)
    whole = Span(0, len(text))
    span = Span(chosen.start(), chosen.start() + len(chosen[1])) if chosen else whole
    headings = (section,) if section else ()
    chunk = Chunk(
        document_id=f"d{number}", ordinal=0, span=whole, sentences=(whole,), children=(whole,), headings=headings
    )
    passage = Passage(chunk=chunk, path=f"{number}.txt", title=title or f"Document {number}", text=text)
    return Candidate(passage=passage, span=span, score=1.0 - number, reader="test")


def found(question: str, *places: str) -> Candidate | None:
    """Which of the further candidates contradicts the first."""
    candidates = [candidate(number, place) for number, place in enumerate(places)]
    lexical = Words(
        [LexicalEntry(c.passage.title, " ".join(c.passage.chunk.headings), c.passage.text) for c in candidates]
    )
    return contradicting(question, candidates, QuestionTerms.of(question, lexical).known(), lexical)


CONTRADICTIONS = [
    ("When did the eastern pier open?", "The eastern pier opened in [1902].", "The eastern pier opened in [1905]."),
    ("When did the eastern pier open?", "The eastern pier opened in [1902].", "The eastern pier was opened in [1905]."),
    ("When did the pier open?", "The pier opened on [5 May 1902].", "The pier opened on [6 May 1902] with a band."),
    ("When did the pier open?", "The pier opened on [5 May 1902].", "The pier opened on [May 7, 1902]."),
    ("When did the pier open?", "The pier opened in [May 1902].", "The pier opened on [1902-06-01]."),
    ("In which year did the pier open?", "The pier opened in [1902].", "The pier opened in [June 1905]."),
    ("How much does a berth cost?", "A berth costs [12 crowns] a day.", "A berth costs [15 crowns] a day."),
    ("How much does a berth cost?", "A berth costs [$12] a day.", "A berth costs [15 dollars] a day."),
    ("How much does a berth cost?", "A berth costs [twelve crowns a day].", "A berth costs [fifteen crowns a day]."),
    ("What does a berth cost?", "Rules > Fees: A berth costs [12 crowns].",
     "Leaflet > Fees: A berth costs [15 crowns]."),
    ("How many towns take part?", "[Twelve] towns take part.", "[14] towns take part."),
    ("How many towns take part?", "[1,200] towns take part.", "[1,300] towns take part in the league."),
    ("How many people visit the fair?", "The fair is visited by [1.2 million] people.",
     "The fair is visited by [2 million] people."),
    ("How many berths does the harbour have?", "The harbour has [48 berths].", "The harbour has [50 berths]."),
    ("What percentage of boats is licensed?", "[40%] of the boats are licensed.",
     "[55 per cent] of the boats are licensed."),
    ("What percentage of boats is licensed?", "Of all boats, [40.5%] are licensed.",
     "Of all boats, [41.5%] are licensed."),
    ("How long is the pier?", "The pier is [300 metres] long.", "The pier is [320 metres] long."),
    ("How long does a crossing take?", "A crossing takes [40 minutes].", "A crossing takes [45 minutes]."),
    ("What time does the gate close?", "The gate closes at [9 pm].", "The gate closes at [10 pm]."),
    ("What time does the gate close?", "The gate closes at [21:00].", "The gate closes at [9:30 pm]."),
    ("How old is the lighthouse?", "The lighthouse is [150 years] old.", "The lighthouse is [170 years] old."),
    ("What is the speed limit in the basin?", "The speed limit in the basin is [5 knots].",
     "The speed limit in the basin is [8 knots]."),
    ("How many boats did the storm of 1953 sink?", "The storm of 1953 sank [31] boats.",
     "The storm of 1953 sank [13] boats."),
    ("How many towns take part?", "Twelve towns take part.", "Fourteen towns take part."),
    ("When did the pier open?", "The pier opened in 1902.", "The pier opened in 1905."),
    ("How many towns take part?", "About [200] towns take part.", "[300] towns take part."),
    ("When was the band founded in Port Amber?", "Port Amber: The band was founded in [1901].",
     "Port Amber: The band was founded in [1911]."),
]  # fmt: skip

AGREEMENTS = [
    # the same value in other words, rounded, hedged or more exact
    ("How many towns take part?", "[Twelve] towns take part.", "[12] towns take part."),
    ("How many towns take part?", "[1,200] towns take part.", "[1200] towns take part."),
    ("How many towns take part?", "[Twelve hundred] towns take part.", "[1.2 thousand] towns take part."),
    ("How many people visit the fair?", "The fair has [1.2 million] visitors.", "The fair has [1,203,417] visitors."),
    ("How many towns take part?", "About [200] towns take part.", "[212] towns take part."),
    ("How many towns take part?", "More than [200] towns take part.", "[312] towns take part."),
    ("How many towns take part?", "Up to [200] towns take part.", "[150] towns take part."),
    ("When did the pier open?", "The pier opened in [1902].", "The pier opened in [May 1902]."),
    ("When did the pier open?", "The pier opened on [5 May].", "The pier opened on [5 May 1902]."),
    ("When did the pier open?", "The pier opened before [1905].", "The pier opened in [1902]."),
    ("What time does the gate close?", "The gate closes at [9 pm].", "The gate closes at [21:00]."),
    ("What percentage is licensed?", "[40%] of boats are licensed.", "[40 per cent] of boats are licensed."),
    ("How much does a berth cost?", "A berth costs [$12].", "A berth costs [12 dollars]."),
    # other years, seasons, places, people, things
    ("How large was the trade?", "In 2019 trade was [5 billion dollars].", "In 2020 trade was [6 billion dollars]."),
    ("How large was the trade?", "In 2022-23 trade was [5 billion dollars].",
     "In 2021-22 trade was [6 billion dollars]."),
    ("How many boats were counted?", "Report 2019: [31] boats were counted.", "Report 2020: [35] boats were counted."),
    ("How many boats were counted?", "Report > In 2019: [31] boats were counted.",
     "Report > In 2020: [35] boats were counted."),
    ("What time does the gate close?", "The gate closes at [7 pm] in winter.", "The gate closes at [10 pm] in summer."),
    ("What time does the gate close?", "The gate closes at [7 pm] on Mondays.",
     "The gate closes at [9 pm] on Fridays."),
    ("When did the pier open?", "The eastern pier opened in [1902].", "The western pier opened in [1905]."),
    ("When was the mayor born?", "The mayor Zoe Hill was born in [1951].", "The mayor Ann Reed was born in [1961]."),
    ("How many towns take part?", "[Twelve] towns in Norway take part.", "[Nine] towns in Sweden take part."),
    ("How much does a berth cost?", "A berth costs [12 crowns] a day.", "A mooring costs [6 crowns] a day."),
    ("How much does a berth cost?", "A berth costs [12 crowns] for 1 day.", "A berth costs [60 crowns] for 7 days."),
    ("How many towns take part?", "[Twelve] towns take part.", "[Nine] lighthouses take part."),
    ("How long is the pier?", "The pier is [300 metres] long.", "The pier is [984 feet] long."),
    ("How far is Port Blue?", "Port Blue is [5 miles] away.", "Port Blue is [8 km] away."),
    ("How many boats are there?", "There are [31] boats and 12 barges.", "There are [31] boats and 14 barges."),
    ("When did the pier open in Port Amber?", "Port Amber: The pier opened in [1902].",
     "Port Blue: The pier opened in [1905]."),
    ("How tall is the tower?", "The tower is [40 metres] tall.",
     "The tower of the old customs house at the northern gate is [25 metres] tall."),
    # something else was asked for, no figure was, or none is given
    ("How many whales sing?", "[Twelve] towns take part.", "[14] towns take part."),
    ("How many boats came?", "The boats came in [1902].", "The boats came in [1905]."),
    ("Who opened the pier?", "The pier was opened by [the mayor] in 1902.",
     "The pier was opened by [the king] in 1905."),
    ("Why did the pier open in spring?", "The pier opened in [1902].", "The pier opened in [1905]."),
    ("What is a pier?", "A pier of [300] metres.", "A pier of [200] metres."),
    ("How many towns take part?", "[Twelve] towns take part.", "[Many] towns take part."),
    ("How many towns take part?", "[Between 5 and 9] towns take part.", "[12] towns take part."),
    ("What stands on the pier?", "On the pier stands [a mast of 30 metres].",
     "On the pier stands [a mast of 40 metres]."),
]  # fmt: skip


@pytest.mark.parametrize(("question", "one", "other"), CONTRADICTIONS)
def test_another_figure_for_the_same_thing_is_a_contradiction(question: str, one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        rival = found(question, first, second)
        assert rival is not None
        assert rival.passage.path == "1.txt"


@pytest.mark.parametrize(("question", "one", "other"), AGREEMENTS)
def test_other_figures_about_other_things_are_none(question: str, one: str, other: str) -> None:
    assert found(question, one, other) is None
    assert found(question, other, one) is None


def test_the_tables_are_large_enough() -> None:
    assert len(CONTRADICTIONS) >= 25
    assert len(AGREEMENTS) >= 25


def test_the_best_contradicting_candidate_is_taken() -> None:
    rival = found(
        "When was it opened?",
        "It opened in [1902].",
        "It opened in [1902].",
        "It opened in [1903].",
        "It opened in [1904].",
    )

    assert rival is not None
    assert rival.passage.path == "2.txt"


def test_without_candidates_there_is_no_contradiction() -> None:
    lexical = Words([])

    assert contradicting("When?", [], QuestionTerms.of("When?", lexical), lexical) is None
