"""Makes the table of the static encoder: a row for every token, such that sums are like the packaged encoder's vectors.

    python -m training.distil_static FILE...          # writes src/qa/embedding/weights/

FILEs are SQuAD-format training data; the table that ships is of squad_v1.1_train, qed_nq_train, policyqa,
fairytaleqa_train, tatqa_text_span and squad_v2_unanswerable_train, in this order. Each row begins as what the packaged
encoder makes of the token alone, the common direction taken off, weighed by how rare it is (Arora et al., 2017). Then
the rows are moved as little as needed for their sums to be like its vectors of questions and of stretches of text as
long as children: one ridge regression, solved by conjugate gradients, seconds of work after some minutes of encoding.
The directions in which texts differ most are kept, in whole numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from qa.embedding.packaged import DIMENSION, PackagedEncoder
from qa.embedding.static import FOLDER, TABLE
from qa.local_models import SUMS_FILE
from qa.text.sentences import split_sentences
from training.data import Corpus, add_source, load_squad

Floats = NDArray[np.float32]
TOKENISED = {"qed_nq_train", "fairytaleqa_train"}
"""Sources whose words and signs stand apart."""
LONGEST_ANSWER = 200
CHILD = 64
"""Tokens of a stretch, as `child_tokens` has it."""
QUESTIONS, STRETCHES = 12_000, 10_000
"""So many are encoded, drawn at random."""
RARE = 1e-3
"""Share of all tokens at which a row has half of its length."""
HELD = 0.03
"""How strongly rows are held where they began; 0.3 is as good, 3 is less like the encoder."""
ROUNDS, SOLVED = 25, 1e-12
WIDTH = 256
CLIPPED = 1e-5
"""Share of all numbers that may lie beyond the largest whole number."""


def gathered(files: Sequence[Path]) -> tuple[list[str], list[str]]:
    """All stretches of the passages of some files, and all questions that these answer."""
    corpus, encoder = Corpus(), PackagedEncoder()
    for file in files:
        name = file.name.partition(".json")[0]
        add_source(corpus, load_squad(file), name, tokenised=name in TOKENISED, longest=LONGEST_ANSWER)
    stretches = []
    for paragraph in (paragraph for article in corpus.articles for paragraph in article):
        sentences = split_sentences(paragraph.text)
        held, size = "", 0
        for sentence, count in zip(sentences, encoder.count_tokens(sentences), strict=True):
            if held and size + count > CHILD:
                stretches.append(held)
                held, size = "", 0
            held, size = held + sentence, size + count
        if held:
            stretches.append(held)
    return stretches, [row.question for row in corpus.rows if row.answer_start >= 0]


def alone(encoder: PackagedEncoder, tokens: int) -> Floats:
    """What the encoder makes of every token by itself: the mean of its states, shape (tokens, 384)."""
    network = encoder._network  # noqa: SLF001  # tokens, not texts, are read
    first, last = network.tokenizer.token_to_id("[CLS]"), network.tokenizer.token_to_id("[SEP]")
    rows = np.empty((tokens, DIMENSION), np.float32)

    def keep(position: int, states: Floats) -> None:
        rows[position] = states.mean(axis=0)

    network.read([[first, token, last] for token in range(tokens)], keep)
    return rows


def weighed(rows: Floats, counts: NDArray[np.int64]) -> Floats:
    """Unit rows without their common direction, longer the rarer their token is."""
    share = (counts + 1) / (counts.sum() + len(counts))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    unit = unit - (unit * share[:, None]).sum(axis=0)
    result: Floats = (unit * (RARE / (RARE + share))[:, None]).astype(np.float32)
    return result


def moved(rows: Floats, texts: Sequence[Sequence[int]], wanted: Floats, held: float = HELD) -> Floats:
    """The rows moved so that the sums of texts, scaled as they were at first, are like the `wanted` unit vectors."""
    flat = np.concatenate([np.asarray(ids) for ids in texts])
    starts = np.cumsum([0, *map(len, texts)])
    sums: Any = csr_matrix((np.ones(len(flat), np.float32), flat, starts), shape=(len(texts), len(rows)))
    sums = csr_matrix(sums.multiply(1 / np.linalg.norm(sums @ rows, axis=1)[:, None]), dtype=np.float32)
    back = sums.T.tocsr()
    step = left = back @ (wanted - sums @ rows)
    change, size = np.zeros_like(rows), (left * left).sum()
    for _ in range(ROUNDS):
        if size < SOLVED:
            break  # few texts are solved for sooner
        seen = back @ (sums @ step) + held * step
        length = size / (step * seen).sum()
        change = change + length * step
        left = left - length * seen
        size, before = (left * left).sum(), size
        step = left + size / before * step
    result: Floats = (rows + change).astype(np.float32)
    return result


def narrowed(rows: Floats, texts: Sequence[Sequence[int]], width: int = WIDTH) -> Floats:
    """The rows in the `width` directions in which the unit vectors of texts are longest."""
    vectors = np.stack([rows[ids].sum(axis=0) for ids in texts])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    _, directions = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors)
    result: Floats = (rows @ directions[:, ::-1][:, :width]).astype(np.float32)
    return result


def whole(rows: Floats) -> NDArray[np.int8]:
    """The rows in whole numbers from -127 to 127, all in one measure."""
    largest = np.quantile(np.abs(rows), 1 - CLIPPED)
    result: NDArray[np.int8] = np.clip(np.rint(rows * (127 / largest)), -127, 127).astype(np.int8)
    return result


def table(files: Sequence[Path]) -> NDArray[np.int8]:
    """All of it."""
    encoder = PackagedEncoder()
    stretches, questions = gathered(files)
    tokens = encoder._network.plain_tokens  # noqa: SLF001  # as above
    all_ids = [np.array(ids, np.int64) for ids in tokens([*stretches, *questions])]
    size = encoder._network.tokenizer.get_vocab_size()  # noqa: SLF001  # its tokens and weights
    counts = np.bincount(np.concatenate(all_ids), minlength=size)
    random_ = random.Random(0)
    drawn = [questions[place] for place in sorted(random_.sample(range(len(questions)), QUESTIONS))]
    drawn += [stretches[place] for place in sorted(random_.sample(range(len(stretches)), STRETCHES))]
    return fitted(alone(encoder, size), counts, tokens(drawn), encoder.encode(drawn))


def fitted(rows: Floats, counts: NDArray[np.int64], texts: Sequence[Sequence[int]], wanted: Floats) -> NDArray[np.int8]:
    """The table from tokens alone, how often each is met, and the `wanted` vectors of some texts."""
    kept = [place for place, ids in enumerate(texts) if len(ids)]
    known = [texts[place] for place in kept]
    return whole(narrowed(moved(weighed(rows, counts), known, wanted[kept]), known))


def write(made: NDArray[np.int8], folder: Path) -> None:
    """Write the table with its sum beside it."""
    np.save(folder / TABLE, made)
    digest = hashlib.sha256((folder / TABLE).read_bytes()).hexdigest()
    (folder / SUMS_FILE).write_text(f"{digest}  {TABLE}\n", encoding="ascii")


def main() -> None:
    """Make and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", help="SQuAD-format files of the training data")
    parser.add_argument("--output", type=Path, default=FOLDER)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    write(table(options.files), options.output)


if __name__ == "__main__":
    main()
