"""The same articles as plain text and as PDF, in one and in two columns: how often the right page is found.

    python -m benchmarks.pages OUTPUT SQUAD_FILE [--articles N] [--questions N] [--bound]  needs `pip install reportlab`

Articles are set by ReportLab (BSD licence) in justified Times with running heads and page numbers; it tells on which
pages it puts each paragraph. A passage is right when it overlaps the gold paragraph, which is found again in the text
by its letters alone, and holds a gold answer. A page is right when the first passage begins on a page that the gold
paragraph is on; for plain text, on a page that the paragraph where the passage begins is on in the PDF of one column.
With `--bound` the articles are the chapters of one long document. Writes OUTPUT/pages.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from qa.evaluation.corpus import located
from qa.evaluation.judging import is_gold
from qa.evaluation.question_sets import load_question_set
from qa.evaluation.questions import Question, SetDocument
from qa.progress import ProgressBar
from qa.settings import Settings
from qa.types import Passage, Span
from qa.wiring import make_builder, make_encoder, make_engine

TEXT, ONE, TWO = "plain text", "PDF, one column", "PDF, two columns"
MARGIN, GUTTER, SIZE, LEADING = 64, 18, 10, 12
DEPTH = 5
Drawn = dict[int, set[int]]
"""The pages (from 1) on which each paragraph is set."""
Chapters = frozenset[int]
"""The numbers of the paragraphs that are titles of chapters; none in an article."""


def bound(
    documents: Sequence[SetDocument], questions: Sequence[Question]
) -> tuple[SetDocument, list[Question], Chapters]:
    """All articles as the chapters of one document, and the questions about it."""
    paragraphs: list[str] = []
    first: dict[str, int] = {}
    chapters = set()
    for document in documents:
        chapters.add(len(paragraphs))
        first[document.path] = len(paragraphs) + 1
        paragraphs += [document.title.replace("_", " "), *document.paragraphs]
    volume = SetDocument(path="volume.txt", title="Collected articles", paragraphs=tuple(paragraphs))
    moved = [
        replace(question, path=volume.path, paragraph=first[question.path] + question.paragraph)
        for question in questions
        if question.path is not None and question.paragraph is not None
    ]
    return volume, moved, frozenset(chapters)


def as_text(document: SetDocument, chapters: Chapters) -> str:
    """The plain text, with the titles of chapters marked as what they are."""
    marked = (f"## {text}" if number in chapters else text for number, text in enumerate(document.paragraphs))
    return replace(document, paragraphs=tuple(marked)).content


def set_as_pdf(document: SetDocument, path: Path, columns: int, chapters: Chapters) -> Drawn:
    """Write an article and say where its paragraphs went."""
    from reportlab.lib.enums import TA_JUSTIFY
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

    drawn: Drawn = defaultdict(set)

    class Marked(Paragraph):  # type: ignore[misc]  # reportlab has no types
        number = -1

        def split(self, width: float, height: float) -> Any:
            """Parts of a paragraph remember which one they are."""
            parts = super().split(width, height)
            for part in parts:
                part.number = self.number
            return parts

        def draw(self) -> None:
            """Note the page."""
            if self.number >= 0:
                drawn[self.number].add(self.canv.getPageNumber())
            super().draw()

    def furnish(canvas: Any, _: Any) -> None:
        canvas.setFont("Times-Italic", 8)
        canvas.drawString(MARGIN, A4[1] - 40, document.title)
        canvas.drawRightString(A4[0] - MARGIN, 36, str(canvas.getPageNumber()))

    width = (A4[0] - 2 * MARGIN - (columns - 1) * GUTTER) / columns
    frames = [Frame(MARGIN + at * (width + GUTTER), 56, width, A4[1] - 112, 0, 0, 0, 0) for at in range(columns)]
    body = ParagraphStyle("body", fontName="Times-Roman", fontSize=SIZE, leading=LEADING, alignment=TA_JUSTIFY)
    body.spaceAfter = 6
    head = ParagraphStyle("head", fontName="Times-Bold", fontSize=18, leading=24)
    story = [Marked(escape(document.title), head)]
    chapter = ParagraphStyle("chapter", fontName="Times-Bold", fontSize=14, leading=18, spaceBefore=12)
    for number, text in enumerate(document.paragraphs):
        story.append(Marked(escape(text), chapter if number in chapters else body))
        story[-1].number = number
    template = BaseDocTemplate(str(path), pagesize=A4, title=document.title, invariant=1)
    template.addPageTemplates([PageTemplate(frames=frames, onPage=furnish)])
    template.build(story)
    return drawn


def lay_out(documents: Sequence[SetDocument], folder: Path, chapters: Chapters) -> dict[str, dict[str, Drawn]]:
    """Write the three corpora; for each its paths with the pages of their paragraphs."""
    pages: dict[str, dict[str, Drawn]] = {TEXT: {}, ONE: {}, TWO: {}}
    for name, columns in ((ONE, 1), (TWO, 2)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for document in documents:
            path = Path(document.path).with_suffix(".pdf").name
            pages[name][document.path] = set_as_pdf(document, folder / name / path, columns, chapters)
    (folder / TEXT).mkdir(parents=True, exist_ok=True)
    for document in documents:
        (folder / TEXT / document.path).write_text(as_text(document, chapters), encoding="utf-8")
    return {**pages, TEXT: pages[ONE]}


def measured(
    name: str,
    folder: Path,
    documents: Sequence[SetDocument],
    questions: Sequence[Question],
    pages: Mapping[str, Drawn],
    progress: ProgressBar,
) -> dict[str, float]:
    """The figures of one corpus, and how many of its paragraphs are whole in its text."""
    settings = Settings(corpus=folder / name, index=folder / f"{name} index")
    encoder = make_encoder(settings)
    make_builder(settings, encoder).build(settings.corpus, progress)
    engine = make_engine(settings, encoder)
    spans: dict[str, list[Span | None]] = {}
    for record in engine.documents():
        original = next(document for document in documents if Path(document.path).stem == Path(record.path).stem)
        spans[original.path] = located(engine.document(record.document_id).text, original.paragraphs)
    whole = [span is not None for found in spans.values() for span in found]
    rows: dict[str, list[float]] = defaultdict(list)
    for position, question in enumerate(questions):
        progress(name, position, len(questions))
        assert question.path is not None
        assert question.paragraph is not None
        found = [hit.passage for hit in engine.search(question.text, limit=DEPTH)]
        asked = replace(question, path=str(Path(question.path).with_suffix(Path(found[0].path).suffix)))
        gold = spans[question.path][question.paragraph]
        right = [is_gold(passage, asked, gold) for passage in found]
        rows["passage first"].append(right[0])
        rows["passage in 5"].append(any(right))
        begins = _pages_of(found[0], pages, spans)
        here = Path(found[0].path).stem == Path(question.path).stem
        rows["page first"].append(here and bool(begins & pages[question.path][question.paragraph]))
    return {"paragraphs whole": float(np.mean(whole)), **{key: float(np.mean(values)) for key, values in rows.items()}}


def _pages_of(passage: Passage, pages: Mapping[str, Drawn], spans: Mapping[str, Sequence[Span | None]]) -> set[int]:
    """The page where a passage begins; where its format has none, those of the paragraph there."""
    if passage.chunk.page is not None:
        return {passage.chunk.page}
    start = passage.chunk.span.start
    paragraphs = enumerate(spans[passage.path])
    return next((pages[passage.path][number] for number, span in paragraphs if span and span.end > start), set())


def table(results: Mapping[str, Mapping[str, float]]) -> str:
    """The results as Markdown."""
    columns = list(next(iter(results.values())))

    def show(row: Mapping[str, float]) -> str:
        return " | ".join(f"{row[column]:.3f}" for column in columns)

    lines = [f"| | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    return "\n".join([*lines, *(f"| {name} | {show(row)} |" for name, row in results.items())]) + "\n"


def main() -> None:
    """Set the articles, ask, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("questions_file", type=Path, metavar="SQUAD_FILE")
    parser.add_argument("--articles", type=int, default=8)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--bound", action="store_true", help="all articles in one document")
    arguments = parser.parse_args()
    whole = load_question_set(arguments.questions_file)
    documents: Sequence[SetDocument] = whole.documents[: arguments.articles]
    paths = {document.path for document in documents}
    chosen = replace(whole, questions=tuple(q for q in whole.questions if q.path in paths and q.answers))
    questions: Sequence[Question] = chosen.sampled(arguments.questions, 0).questions
    chapters: Chapters = frozenset()
    if arguments.bound:
        volume, questions, chapters = bound(documents, questions)
        documents = [volume]
    pages = lay_out(documents, arguments.output, chapters)
    for name in (ONE, TWO):
        longest = max(page for drawn in pages[name].values() for on in drawn.values() for page in on)
        print(f"{name}: up to {longest} pages")
    with ProgressBar(sys.stderr) as progress:
        results = {
            name: measured(name, arguments.output, documents, questions, pages[name], progress)
            for name in (TEXT, ONE, TWO)
        }
    (arguments.output / "pages.md").write_text(table(results), encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
