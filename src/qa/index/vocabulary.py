"""RapidFuzz, its only import: the words of a corpus, and the one that a misspelt word most likely means."""

import mmap
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache, partial
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from qa.text.scripts import composed

FILE = "words.txt"
ENDINGS = ("n", "d", "ed", "ly", "al", "an")
"""America and American are two words; the plural is left to the stemmer."""
LEAST_LETTERS, LETTERS_FOR_TWO = 5, 9
"""A word of that many letters may differ by one edit, or by two."""
LETTERS_KEPT = 64
"""First letters whose words stay parsed: all of a language's."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_Bytes = bytes | mmap.mmap


def write_words(texts: Iterable[str], path: Path) -> None:
    """Write the distinct words of all texts (letters only, lower case) with their counts, in order."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_WORD.findall(composed(text).lower()))
    lines = (f"{word} {counts[word]}\n" for word in sorted(counts))
    path.write_text("".join(lines), encoding="utf-8")


class Vocabulary:
    """The words that `write_words` wrote, of all files; mapped at once, since they may be pruned.

    What is looked up has a first letter, and only the words with that letter are parsed: in a large corpus all of them
    take seconds.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._beginning = lru_cache(maxsize=LETTERS_KEPT)(partial(_parsed, list(map(_mapped, paths))))

    def nearest(self, word: str) -> str | None:
        """The word that an unknown word most likely is: one edit away (two, when long), with the same first letter.

        An edit is a letter more, less or other, or two neighbours swapped (optimal string alignment). Of several the
        nearest is taken, then the most frequent. None for a known word, a short one, or when nothing is near.
        """
        word = word.lower()
        if len(word) < LEAST_LETTERS or not word.isalpha():
            return None
        counts = self._beginning(word[0])
        if word in counts:
            return None
        most = 2 if len(word) >= LETTERS_FOR_TWO else 1
        alike = [known for known in counts if abs(len(known) - len(word)) <= most]
        found = process.extract(word, alike, scorer=OSA.distance, score_cutoff=most, limit=None)
        found = [match for match in found if not _related(word, match[0])]
        best = min(found, key=lambda match: (match[1], -counts[match[0]], match[0]), default=None)
        return best[0] if best else None


def _mapped(path: Path) -> _Bytes:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""


def _parsed(files: Iterable[_Bytes], letter: str) -> dict[str, int]:
    """The words that begin with a letter, which stand together in each file."""
    counts: dict[str, int] = {}
    for data in files:
        lines = _lines_beginning(data, letter.encode("utf-8")).decode("utf-8").splitlines()
        for word, _, count in (line.partition(" ") for line in lines):
            counts[word] = counts.get(word, 0) + int(count)
    return counts


def _lines_beginning(data: _Bytes, start: bytes) -> bytes:
    """Of lines in the order of their bytes, which for UTF-8 is that of their letters, those that begin so."""
    first = 0 if data[: len(start)] == start else data.find(b"\n" + start) + 1
    last = max(first, data.rfind(b"\n" + start) + 1)
    return data[first : data.find(b"\n", last) + 1] if data[first : first + len(start)] == start else b""


def _related(one: str, other: str) -> bool:
    """Whether one word is made of the other by an ending, which is no slip of the pen."""
    short, long = sorted((one, other), key=len)
    return long.removeprefix(short) in ENDINGS
