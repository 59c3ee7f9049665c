"""Whole answers beside cairn-assistant, a peer that answers offline from the documents' own words.

    python -m benchmarks.answers OUTPUT SET --off-corpus OTHER_SET [--limit N] [--others N] [--seed N]

needs `pip install cairn-assistant`.
Both get the same articles, one file each, with their defaults. Measured: how many answerable questions are answered,
how many of the answers hold a gold answer word for word and how long they are; and how many questions are answered that
the documents do not answer, whether on their subjects (SQuAD 2.0) or on others (a sample of another set). Quoth counts
twice: by the answer itself and by the first quotation around it. Writes OUTPUT/answers.json and OUTPUT/answers.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from qa.engine import Engine
from qa.evaluation.corpus import laid_out
from qa.evaluation.metrics import holds
from qa.evaluation.question_sets import load_question_set
from qa.evaluation.questions import Question, QuestionSet
from qa.progress import ProgressBar
from qa.settings import Settings
from qa.types import Answer
from qa.wiring import make_builder, make_encoder, make_engine

Said = tuple[str, ...]
"""What was said to a question, shortest first; empty when nothing was."""


def quoth(engine: Engine) -> Callable[[str], Said]:
    """The answer and its first quotation."""

    def ask(question: str) -> Said:
        reply = engine.ask(question).reply
        return (reply.text, reply.citations[0].quote) if isinstance(reply, Answer) else ()

    return ask


def cairn(question_set: QuestionSet, folder: Path) -> Callable[[str], Said]:
    """The text of a grounded answer; the articles as Markdown with the front matter that it wants."""
    from cairn.config import Config
    from cairn.engine import ask as cairn_ask
    from cairn.index import build_index

    folder.mkdir(parents=True, exist_ok=True)
    for number, document in enumerate(question_set.documents):
        head = f"---\nid: article-{number}\ntitle: {document.title or number}\nlang: en\n---\n"
        body = "\n\n".join(" ".join(paragraph.split()) for paragraph in document.paragraphs)
        (folder / f"article-{number}.md").write_text(head + body + "\n", encoding="utf-8")
    index = build_index(folder)
    config = Config(corpus_path=str(folder))

    def ask(question: str) -> Said:
        answer = cairn_ask(question, index, config).answer
        return (answer.text,) if answer.kind == "grounded" else ()

    return ask


def figures(said: Sequence[Said], questions: Sequence[Question], which: int) -> dict[str, float]:
    """How the answers (by `which` of their texts) fare; `questions` are in the same order."""
    answerable = [(answer, question) for answer, question in zip(said, questions, strict=True) if question.answers]
    given = [(answer[which], question) for answer, question in answerable if answer]
    held = [holds(text, question.answers) for text, question in given]
    near = [
        bool(answer) for answer, question in zip(said, questions, strict=True) if not question.answers and question.path
    ]
    far = [bool(answer) for answer, question in zip(said, questions, strict=True) if not question.path]
    return {
        "answered": len(given) / len(answerable),
        "answers with a gold answer": sum(held) / len(held),
        "questions answered with a gold answer": sum(held) / len(answerable),
        "characters of an answer (mean)": sum(len(text) for text, _ in given) / len(given),
        "unanswerable, on the subject, answered": sum(near) / len(near),
        "off-corpus, answered": sum(far) / len(far),
    }


def table(results: Mapping[str, Mapping[str, float]]) -> str:
    """The results as Markdown."""
    columns = list(next(iter(results.values())))
    lines = [f"| | {' | '.join(results)} |", f"| --- |{' ---: |' * len(results)}"]
    for column in columns:
        cells = [f"{row[column]:.0f}" if "characters" in column else f"{row[column]:.3f}" for row in results.values()]
        lines.append(f"| {column} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Ask both and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--off-corpus", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=400, help="questions of the set")
    parser.add_argument("--others", type=int, help="questions off the corpus (half as many)")
    parser.add_argument("--seed", type=int, default=0, help="which questions are drawn")
    arguments = parser.parse_args()
    whole = load_question_set(arguments.set)
    others = arguments.limit // 2 if arguments.others is None else arguments.others
    strangers = load_question_set(arguments.off_corpus).sampled(others, arguments.seed).questions
    foreign = [Question(id=question.id, text=question.text, place=question.place) for question in strangers]
    questions = [*whole.sampled(arguments.limit, arguments.seed).questions, *foreign]
    with laid_out(whole, arguments.output) as place, ProgressBar(sys.stderr) as progress:
        settings = Settings(corpus=place.corpus, index=place.index)
        encoder = make_encoder(settings)
        make_builder(settings, encoder).build(place.corpus, progress)
        systems = {
            "quoth": quoth(make_engine(settings, encoder)),
            "cairn": cairn(whole, arguments.output / "cairn"),
        }
        said = {}
        for name, ask in systems.items():
            said[name] = []
            for position, question in enumerate(questions):
                progress(name, position, len(questions))
                said[name].append(ask(question.text))
    results = {
        "Quoth, the answer": figures(said["quoth"], questions, 0),
        "Quoth, its quotation": figures(said["quoth"], questions, 1),
        "cairn-assistant": figures(said["cairn"], questions, 0),
    }
    (arguments.output / "answers.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (arguments.output / "answers.md").write_text(table(results), encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
