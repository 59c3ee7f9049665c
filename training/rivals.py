"""The passages that compete with the right one: those nearest to a question by BM25 that lack its answer."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from training.data import Corpus, Row, content_words

NEAREST = 32
K1, B = 1.2, 0.75


class Rivals:
    """The different paragraphs of all sources by their content words, each counted once in a paragraph."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        different = {paragraph.text: paragraph for article in corpus.articles for paragraph in article}
        self.paragraphs = list(different.values())
        held = Counter(word for paragraph in self.paragraphs for word in paragraph.words)
        self.columns = {word: column for column, word in enumerate(sorted(held))}
        count = len(self.paragraphs)
        rarity = [np.log(1 + (count - held[word] + 0.5) / (held[word] + 0.5)) for word in self.columns]
        sizes = np.array([len(paragraph.words) for paragraph in self.paragraphs])
        fill = (K1 + 1) / (1 + K1 * (1 - B + B * sizes / max(1.0, sizes.mean())))
        table = self._table([paragraph.words for paragraph in self.paragraphs])
        self.weights = table.multiply(fill[:, None]).multiply(np.array(rarity)[None, :]).T.tocsr().astype(np.float32)

    def _table(self, bags: Sequence[frozenset[str]]) -> csr_matrix:
        """Bags of words as rows of ones; words that no paragraph holds are left out."""
        known = [sorted(self.columns[word] for word in bag if word in self.columns) for bag in bags]
        indices = np.array([column for row in known for column in row], dtype=np.int32)
        starts = np.concatenate([[0], np.cumsum([len(row) for row in known])])
        return csr_matrix((np.ones(len(indices), dtype=np.float32), indices, starts), (len(bags), len(self.columns)))

    def nearest(self, rows: Sequence[Row]) -> list[list[str]]:
        """For each row the texts nearest to its question, best first, without its own and those with its answer."""
        scores = self._table([content_words(row.question) for row in rows]) @ self.weights
        found: list[list[str]] = []
        for line, row in enumerate(rows):
            part = scores.getrow(line)
            best = part.indices[np.lexsort((part.indices, -part.data))[:NEAREST]]
            own, answer = self.corpus.articles[row.article][row.paragraph].text, row.answer.lower()
            others = [self.paragraphs[index].text for index in best]
            found.append([other for other in others if other != own and answer not in other.lower()])
        return found


def draw(nearest: Sequence[str], count: int, rng: random.Random) -> list[str]:
    """`count` of the `3 * count` nearest, or as many as there are."""
    pool = list(nearest[: 3 * count])
    return rng.sample(pool, min(count, len(pool)))
