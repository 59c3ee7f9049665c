"""Fakes of the ports: small, deterministic, honest. Each passes the same conformance class as the real adapters."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qa.ports import EXACT, DenseSearch, Hit, LexicalEntry, LexicalIndex, Nearness, Ranking, TextPart
from qa.types import Candidate, RankedPassage, Span, Verdict

if TYPE_CHECKING:
    from qa.ports import Vectors

_WORD = re.compile(r"\w+")


class FakeEncoder:
    """A hashed bag of words: texts with the same words have the same vector, texts that share words are near."""

    def __init__(self, fingerprint: str = "fake@1", *, dimension: int = 64) -> None:
        self.fingerprint = fingerprint
        self.dimension = dimension
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """One unit vector a text; a text without words is the empty word."""
        self.encoded.extend(texts)
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for number, text in enumerate(texts):
            for word in _WORD.findall(text.lower()) or [""]:
                rows[number, hashlib.sha256(word.encode()).digest()[0] % self.dimension] += 1
            rows[number] /= np.linalg.norm(rows[number])
        return rows

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """The words of each part alone."""
        return self.encode([part.span.of(part.text) for part in parts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens are what white space separates."""
        return [len(text.split()) for text in texts]


@dataclass(frozen=True)
class NumpyDenseIndex:
    """Every vector compared with the query."""

    rows: "Vectors"
    how = EXACT
    problem = None

    def search(self, query: "Vectors", limit: int) -> Ranking:
        """Sorted inner products."""
        scores = self.rows @ query
        order = np.argsort(-scores, kind="stable")[:limit]
        return Ranking(order, scores[order])

    def nearness(self, query: "Vectors", groups: Sequence[Sequence[int]]) -> list[Nearness]:
        """Cosines, one by one."""
        return [self._nearness(query, [self.rows[ordinal] for ordinal in group]) for group in groups]

    @staticmethod
    def _nearness(query: "Vectors", rows: "list[Vectors]") -> Nearness:
        if not rows:
            return Nearness(-1.0, -1.0)
        products = [float(row @ query) for row in rows]
        return Nearness(max(products), products[-1])

    def vectors(self) -> "Vectors":
        """What was indexed."""
        return self.rows


class NumpyDenseBackend:
    """Vectors in one NumPy file a folder."""

    def build(self, vectors: "Vectors", folder: Path) -> None:
        """Save them."""
        np.save(folder / "vectors.npy", vectors)

    def plan(self, folders: Sequence[Path], shared: Path) -> DenseSearch:
        """Compare them all."""
        return EXACT

    def open(self, folders: Sequence[Path], search: DenseSearch = EXACT, shared: Path | None = None) -> NumpyDenseIndex:
        """Load them."""
        return NumpyDenseIndex(np.concatenate([np.load(folder / "vectors.npy") for folder in folders]))


class PlainLexicalIndex:
    """Sums the rarity of the words that query and entry share; lower case, a plural `s` cut off."""

    def __init__(self, entries: Sequence[LexicalEntry]) -> None:
        self._terms = [set(self.terms(" ".join(entry))) for entry in entries]

    def search(self, query: str, limit: int) -> list[Hit]:
        """Entries that share a word with the query."""
        wanted = set(self.terms(query))
        scores = {
            ordinal: sum(math.log(1 + len(self) / self.document_frequency(term)) for term in sorted(wanted & terms))
            for ordinal, terms in enumerate(self._terms)
            if wanted & terms
        }
        return [Hit(ordinal, scores[ordinal]) for ordinal in sorted(scores, key=lambda o: (-scores[o], o))][:limit]

    def terms(self, text: str) -> list[str]:
        """Words in lower case without a plural `s`."""
        return _plain_terms(text)

    def document_frequency(self, term: str) -> int:
        """Counted anew each time."""
        return sum(term in terms for terms in self._terms)

    def __len__(self) -> int:
        return len(self._terms)


class PlainLexicalBackend:
    """Entries in one JSON file a folder."""

    def terms(self, text: str) -> list[str]:
        """Those of the index."""
        return _plain_terms(text)

    def build(self, entries: Iterable[LexicalEntry], folder: Path) -> None:
        """Save them."""
        (folder / "entries.json").write_text(json.dumps(list(entries)), encoding="utf-8")

    def open(self, folders: Sequence[Path]) -> PlainLexicalIndex:
        """Load them."""
        entries = [json.loads((folder / "entries.json").read_text(encoding="utf-8")) for folder in folders]
        return PlainLexicalIndex([LexicalEntry(*entry) for part in entries for entry in part])


def _plain_terms(text: str) -> list[str]:
    return [word.removesuffix("s") or word for word in _WORD.findall(text.lower())]


class FakeReader:
    """Proposes units that share a term with the question: from the first shared word to the last one.

    A question that shares no term with any passage gets no candidate, so the engine abstains.
    """

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """Scored by the share of the question's distinct terms."""
        wanted = set(lexical.terms(question))
        found: dict[tuple[str, Span], Candidate] = {}
        for ranked in passages:
            passage = ranked.passage
            for unit in passage.chunk.sentences:
                text = passage.slice(unit)
                shared = wanted & set(lexical.terms(text))
                if shared and (passage.chunk.document_id, unit) not in found:
                    words = list(_WORD.finditer(text))
                    words = [word for word in words if set(lexical.terms(word.group())) & shared] or words
                    found[passage.chunk.document_id, unit] = Candidate(
                        passage=passage,
                        span=Span(words[0].start(), words[-1].end()).shift(unit.start),
                        score=len(shared) / len(wanted),
                        reader="fake",
                        features={"coverage": len(shared) / len(wanted)},
                    )
        return sorted(found.values(), key=lambda c: (-c.score, c.passage.path, c.span))


class FakeJudge:
    """As sure as the best candidate's score is high, cut to 0..1."""

    def judge(
        self,
        question: str,
        passages: Sequence[RankedPassage],
        candidates: Sequence[Candidate],
        lexical: LexicalIndex,
    ) -> Verdict:
        """A verdict that names the words no entry holds."""
        words = dict.fromkeys(_WORD.findall(question))
        unknown = [word for word in words if not any(map(lexical.document_frequency, lexical.terms(word)))]
        confidence = min(max(candidates[0].score, 0.0), 1.0) if candidates else 0.0
        return Verdict(confidence=confidence, reason="The best candidate is not good enough.", unknown=tuple(unknown))


@dataclass
class RecordingObserver:
    """Remembers everything it is told."""

    stages: list[tuple[str, float]] = field(default_factory=list)
    replies: list[tuple[bool, float]] = field(default_factory=list)

    def stage(self, name: str, milliseconds: float) -> None:
        """Remember."""
        self.stages.append((name, milliseconds))

    def replied(self, *, answered: bool, confidence: float) -> None:
        """Remember."""
        self.replies.append((answered, confidence))


def no_progress(stage: str, done: int, total: int) -> None:
    """A Progress that shows nothing."""
