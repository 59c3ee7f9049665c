"""RapidFuzz, its only import: the words of a corpus, and the one that a misspelt word most likely means."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

FILE = "words.txt"
LEAST_LETTERS, LETTERS_FOR_TWO = 5, 9
"""A word of that many letters may differ by one edit, or by two."""
_WORD = re.compile(r"[^\W\d_]{3,}")


def write_words(texts: Iterable[str], path: Path) -> None:
    """Write the distinct words of all texts (letters only, lower case) with their counts, in order."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_WORD.findall(text.lower()))
    lines = (f"{word} {counts[word]}\n" for word in sorted(counts))
    path.write_text("".join(lines), encoding="utf-8")


class Vocabulary:
    """The words that `write_words` wrote; read at once, since the file may be pruned, and parsed on first use."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._counts: dict[str, int] | None = None

    def nearest(self, word: str) -> str | None:
        """The word that an unknown word most likely is: one edit away (two, when long), with the same first letter.

        An edit is a letter more, less or other, or two neighbours swapped (optimal string alignment). Of several the
        nearest is taken, then the most frequent. None for a known word, a short one, or when nothing is near.
        """
        word = word.lower()
        counts = self._words()
        if len(word) < LEAST_LETTERS or word in counts or not word.isalpha():
            return None
        most = 2 if len(word) >= LETTERS_FOR_TWO else 1
        alike = [known for known in counts if known[0] == word[0] and abs(len(known) - len(word)) <= most]
        found = process.extract(word, alike, scorer=OSA.distance, score_cutoff=most, limit=None)
        best = min(found, key=lambda match: (match[1], -counts[match[0]], match[0]), default=None)
        return best[0] if best else None

    def _words(self) -> dict[str, int]:
        data, counts = self._data, self._counts  # in this order: another thread sets the counts, then drops the data
        if counts is None:
            lines = data.decode("utf-8").splitlines()
            counts = {word: int(count) for word, _, count in (line.partition(" ") for line in lines)}
            self._counts = counts
            self._data = b""
        return counts
