"""Questions about scientific papers in PDF: whether the right paper and the right page are found and quoted.

    python -m benchmarks.aragog OUTPUT FOLDER

FOLDER holds the PDFs of the ARAGOG question set and `eval_questions_relevant_doc.json` (questions, model answers and
the file of each); questions whose file is not there are left out. There are no gold pages and the model answers are
written freely, so two figures are made from words: a page is right when no page of the right paper holds more of the
answer's words (each weighed by how rare it is in the papers), and it is judged only where some page holds `JUDGED` of
them. The answer's share is that of its words in the quotations. Writes OUTPUT/aragog.json and OUTPUT/aragog.md.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.peers import Shelf, bm25, quoth, steps, vectors
from qa.engine import Engine
from qa.progress import ProgressBar
from qa.settings import Settings
from qa.types import Answer, Passage
from qa.wiring import make_builder, make_encoder, make_engine

QUESTIONS = "eval_questions_relevant_doc.json"
JUDGED = 0.6
"""A page must hold so much of an answer's words for the page to be judged at all."""
DEPTH = 5


class Item(NamedTuple):
    """A question with the model answer and the file that it is about."""

    question: str
    answer: str
    path: str


class Found(NamedTuple):
    """A place that was found or quoted: its file and page, and the words there."""

    path: str
    page: int | None
    text: str


@dataclass(frozen=True)
class Pages:
    """The index terms of every page, and how much each weighs."""

    terms: dict[tuple[str, int], frozenset[str]]
    weights: dict[str, float]
    split: Callable[[str], list[str]]

    def share(self, answer: str, found: frozenset[str]) -> float:
        """The weighed share of an answer's terms that are among others."""
        asked = set(self.split(answer))
        whole = sum(self.weights.get(term, 0.0) for term in asked)
        return sum(self.weights.get(term, 0.0) for term in asked & found) / whole if whole else 0.0

    def right(self, item: Item) -> set[int]:
        """The pages of the right paper that hold most of the answer; none where that is too little."""
        shares = {page: self.share(item.answer, held) for (path, page), held in self.terms.items() if path == item.path}
        best = max(shares.values(), default=0.0)
        return {page for page, share in shares.items() if share == best} if best >= JUDGED else set()


def questions(folder: Path) -> list[Item]:
    """Those whose paper is there."""
    data = json.loads((folder / QUESTIONS).read_text(encoding="utf-8"))
    rows = zip(data["questions"], data["ground_truths"], data["filepaths"], strict=True)
    return [Item(*row) for row in rows if (folder / row[2]).is_file()]


def pages_of(engine: Engine) -> Pages:
    """The terms of every page of the index."""
    lexical = engine.snapshot().lexical
    texts: dict[tuple[str, int], list[str]] = defaultdict(list)
    for record in engine.documents():
        if record.reason is not None:
            continue
        document = engine.document(record.document_id)
        for block in document.blocks:
            texts[record.path, block.page or 0].append(block.span.of(document.text))
    terms = {place: frozenset(lexical.terms("\n".join(parts))) for place, parts in texts.items()}
    counts = Counter(term for held in terms.values() for term in held)
    weights = {term: math.log(1 + len(terms) / count) for term, count in counts.items()}
    return Pages(terms, weights, lexical.terms)


def measured(items: Sequence[Item], found: Sequence[Sequence[Found]], pages: Pages) -> dict[str, float]:
    """The figures of one system over all questions; the share of the answer is that of what was found first."""
    rows: dict[str, list[float]] = defaultdict(list)
    for item, places in zip(items, found, strict=True):
        right = pages.right(item)
        here = [place.path == item.path for place in places]
        rows["paper first"].append(any(here[:1]))
        rows["paper in 5"].append(any(here[:DEPTH]))
        if right:
            there = [place.path == item.path and place.page in right for place in places]
            rows["page first"].append(any(there[:1]))
            rows["page in 5"].append(any(there[:DEPTH]))
        first = frozenset(pages.split(places[0].text)) if places else frozenset()
        rows["answer in first"].append(pages.share(item.answer, first))
        together = frozenset(term for place in places[:DEPTH] for term in pages.split(place.text))
        rows["answer in 5"].append(pages.share(item.answer, together))
    figures = {name: round(float(np.mean(values)), 4) for name, values in rows.items()}
    return {**figures, "pages judged": len(rows["page first"])}


def asked(engine: Engine, items: Sequence[Item], pages: Pages, progress: ProgressBar) -> dict[str, Any]:
    """Whole answers: passages in the order after reading, and what is quoted."""
    read, quoted, answered = [], [], []
    for position, item in enumerate(items):
        progress("asking", position, len(items))
        reply = engine.ask(item.question).reply
        read.append([_place(ranked.passage) for ranked in reply.passages])
        answered.append(isinstance(reply, Answer))
        if isinstance(reply, Answer):
            quoted.append((item, [Found(cited.path, cited.page, cited.quote) for cited in reply.citations]))
    figures = {"Quoth, after reading": measured(items, read, pages)}
    if quoted:
        figures["Quoth, what it quotes"] = measured([item for item, _ in quoted], [found for _, found in quoted], pages)
    return {"systems": figures, "answered": round(float(np.mean(answered)), 4)}


def _place(passage: Passage) -> Found:
    return Found(passage.path, passage.chunk.page, passage.text)


def compare(folder: Path, output: Path, progress: ProgressBar) -> dict[str, Any]:
    """Index the papers and measure every system."""
    settings = Settings(corpus=folder, index=output / "index")
    encoder = make_encoder(settings)
    report = make_builder(settings, encoder).build(folder, progress)
    engine = make_engine(settings, encoder)
    snapshot: Any = engine.snapshot()
    passages = snapshot.passages(range(snapshot.manifest.passages))
    items, pages = questions(folder), pages_of(engine)
    texts = [f"{passage.title}\n{passage.text}" for passage in passages]
    known = np.concatenate([encoder.encode(texts[at : at + 64]) for at in steps(texts, progress)])
    shelf = Shelf(passages, texts, known, lambda question: encoder.encode([question])[0])
    searches = {"Quoth, search": quoth(engine, passages), "BM25 alone": bm25(engine), "MiniLM alone": vectors(shelf)}
    systems = {
        name: measured(items, [[_place(passages[at]) for at in search(item.question)[:DEPTH]] for item in items], pages)
        for name, search in searches.items()
    }
    whole = asked(engine, items, pages, progress)
    indexed = [record for record in engine.documents() if record.reason is None]
    return {
        "papers": len(indexed),
        "skipped": [f"{record.path}: {record.reason}" for record in report.skipped],
        "least reach": min(record.reach for record in indexed),
        "questions": len(items),
        "answered": whole["answered"],
        "systems": {**systems, **whole["systems"]},
    }


def table(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    systems = results["systems"]
    columns = list(next(iter(systems.values())))
    lines = [f"| | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    for system, figures in systems.items():
        cells = (f"{figures[name]:.3f}" if name != "pages judged" else str(figures[name]) for name in columns)
        lines.append(f"| {system} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    with ProgressBar(sys.stderr) as progress:
        results = compare(arguments.folder, arguments.output, progress)
    (arguments.output / "aragog.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (arguments.output / "aragog.md").write_text(table(results), encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
