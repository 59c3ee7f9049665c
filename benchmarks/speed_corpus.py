"""The corpora that speed is measured on: one inside the other, of about so many chunks each, indexed.

    python -m benchmarks.speed_corpus WORK SET... [--sizes 1000 10000 100000] [--encoded 10000]

SET are SQuAD-format files; the questions that will be asked are those of the first one. Its articles are in every
corpus, those of the others follow while there is room. Above that, articles are made of sentences of articles that no
corpus holds as they are, drawn at random, so words occur as often as in real ones. Chunks up to `--encoded` are
encoded; the vectors of the rest are mixtures of two of those, as encoding 100,000 chunks takes two cores hours, and
searching costs the same. WORK keeps all, so only what is missing is made.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qa.embedding.packaged import PackagedEncoder
from qa.evaluation.question_sets import load_question_set
from qa.evaluation.questions import QuestionSet, SetDocument
from qa.index.store import IndexStore
from qa.ports import Encoder, TextPart
from qa.progress import ProgressBar
from qa.settings import Settings
from qa.text.sentences import split_sentences
from qa.wiring import make_builder, open_index

CHARACTERS = 620
"""Of an article, for each of its chunks, about."""
PARAGRAPHS, SENTENCES = 40, 5
"""Of a made article, as those of SQuAD have on average."""
QUESTIONS = "questions.json"


class MixingEncoder:
    """The encoder's own tokens and name, but each vector is a mixture of two known ones; its questions are encoded."""

    def __init__(self, encoder: Encoder, known: Any) -> None:
        self._encoder = encoder
        self._known = known
        self._random = np.random.default_rng(0)
        self.fingerprint = encoder.fingerprint
        self.count_tokens = encoder.count_tokens
        self.encode = encoder.encode

    def encode_parts(self, parts: Sequence[TextPart]) -> Any:
        """50 to 100 % of one vector, the rest of another."""
        one, other = self._known[self._random.integers(0, len(self._known), (2, len(parts)))]
        share = self._random.uniform(0.5, 1, (len(parts), 1)).astype(np.float32)
        mixed = share * one + (1 - share) * other
        return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def made(sources: Sequence[SetDocument], random_: random.Random) -> Iterator[SetDocument]:
    """Articles of other articles' sentences, without end."""
    sentences = [part for source in sources for text in source.paragraphs for part in split_sentences(text)]
    titles = [source.title for source in sources]
    for number in range(sys.maxsize):
        texts = tuple(" ".join(random_.choices(sentences, k=SENTENCES)) for _ in range(PARAGRAPHS))
        title = f"{random_.choice(titles)} {number}"
        yield SetDocument(path=f"made/{number % 50:02d}/{number:06d}.txt", title=title, paragraphs=texts)


def articles(sets: Sequence[QuestionSet], largest: int) -> Iterator[SetDocument]:
    """Articles as they are up to `largest` characters, those of the first set first, then made ones."""
    real = [
        SetDocument(path=f"{number}/{one.path}", title=one.title, paragraphs=one.paragraphs)
        for number, question_set in enumerate(sets)
        for one in question_set.documents
    ]
    written = 0
    while real and written < largest:
        article = real.pop(0)
        written += len(article.content)
        yield article
    yield from made(real or list(sets[0].documents), random.Random(1))


def lay_out(folder: Path, sets: Sequence[QuestionSet], size: int, encoded: int) -> None:
    """Write the corpus of a size."""
    written = 0
    for article in articles(sets, min(size, encoded) * CHARACTERS):
        path = folder / article.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(article.content, encoding="utf-8", newline="\n")
        written += len(article.content)
        if written >= size * CHARACTERS:
            return


def index(folder: Path, smaller: Path | None, *, mixed: bool) -> None:
    """Build the index of a corpus; what the next smaller one has is taken over."""
    encoder: Encoder = PackagedEncoder()
    settings = Settings(corpus=folder / "corpus", index=folder / "index")
    if smaller is not None and not settings.index.exists():
        shutil.copytree(smaller / "index", settings.index)
    if mixed and smaller is not None:
        snapshot = open_index(Settings(corpus=smaller / "corpus", index=smaller / "index"))
        encoder = MixingEncoder(encoder, snapshot.dense.vectors())
    with ProgressBar(sys.stderr) as progress:
        make_builder(settings, encoder).build(settings.corpus, progress)


def questions_of(question_set: QuestionSet, folder: Path) -> list[str]:
    """Its questions about the articles of a corpus, each once, in any order."""
    there = [question for question in question_set.questions if (folder / f"0/{question.path}").is_file()]
    texts = list(dict.fromkeys(question.text.strip() for question in there))
    random.Random(2).shuffle(texts)
    return texts


def prepare(work: Path, paths: Sequence[Path], sizes: Sequence[int], encoded: int) -> None:
    """Make what is missing."""
    sets = [load_question_set(path) for path in paths]
    work.mkdir(parents=True, exist_ok=True)
    smaller = None
    for size in sorted(sizes):
        folder = work / str(size)
        if not (folder / "corpus").exists():
            lay_out(folder / "corpus", sets, size, encoded)
        if not IndexStore(folder / "index").generations() or not (folder / "whole").exists():
            index(folder, smaller, mixed=size > encoded)
            (folder / "whole").touch()
        manifest = open_index(Settings(corpus=folder / "corpus", index=folder / "index")).manifest
        print(f"{size:,}: {len(manifest.documents):,} documents, {manifest.passages:,} chunks", flush=True)
        smaller = folder
    asked = questions_of(sets[0], work / str(min(sizes)) / "corpus")
    (work / QUESTIONS).write_text(json.dumps(asked), encoding="utf-8")


def main() -> None:
    """Make the corpora."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--encoded", type=int, default=10_000, help="chunks whose vectors are the encoder's own")
    options = parser.parse_args()
    prepare(options.work, options.sets, options.sizes, options.encoded)


if __name__ == "__main__":
    main()
