"""No document and no copy crowds out the rest: each of the first few passages says something new.

Nothing is dropped. A passage all of whose sentences stand, under the same headings, in passages before it steps back
behind those that say something else; so does what one document has beyond its share.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from qa.types import Passage

LARGEST_SHARE = 7 / 8
"""Of the passages that are handed on, one document takes at most this share while others have something to say.

With 3/4, one of 200 questions to encyclopedia articles lost its only right passage among 8; with 7/8, none did."""
_PLAIN = re.compile(r"[^\w%‰$€£+−.,-]+")
"""What may differ between two copies: white space, quotation marks and the like, but no sign that carries a value."""
_BLANKS = bytes(32 if _PLAIN.match(chr(byte)) else byte for byte in range(128)).lower().ljust(256, b" ")
"""Makes ASCII lower case, and blanks of the same, at a fifth of the price."""


class Found(Protocol):
    """Something that was found for a question."""

    @property
    def passage(self) -> Passage:
        """The passage itself."""


Item = TypeVar("Item", bound=Found)


def uncrowded(found: Sequence[Item], limit: int) -> list[Item]:
    """The first `limit` of what was found (best first), as far as possible without repeats and one-sidedness."""
    most = max(1, math.ceil(LARGEST_SHARE * limit))
    kept: list[Item] = []
    aside: list[Item] = []
    taken: Counter[str] = Counter()
    said: set[tuple[str, str]] = set()
    for item in found:
        if len(kept) == limit:
            break
        sentences = set(_sentences(item.passage))
        if taken[item.passage.chunk.document_id] >= most or sentences <= said:
            aside.append(item)
            continue
        kept.append(item)
        taken[item.passage.chunk.document_id] += 1
        said |= sentences
    return (kept + aside)[:limit]


def _sentences(passage: Passage) -> Iterable[tuple[str, str]]:
    """Each sentence as it reads, with the section that it stands in and the names of its columns."""
    section = " / ".join(passage.chunk.headings)
    heads = passage.headers or [""] * len(passage.chunk.sentences)
    above = {head: _plain(f"{section} / {head}") for head in set(heads)}
    for unit, head in zip(passage.chunk.sentences, heads, strict=True):
        yield above[head], _plain(passage.slice(unit))


def _plain(text: str) -> str:
    if text.isascii():
        return b" ".join(text.encode("ascii").translate(_BLANKS).split()).decode("ascii")
    return _PLAIN.sub(" ", text.casefold()).strip()
