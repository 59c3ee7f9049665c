"""Where the words of a quotation stand in a text now: at one place that is certain, or nowhere.

The words must stand there to the character. When they stand at several places, those around which the same 32 code
points stand are asked; exactly one must be left. When the surroundings have changed, the words count as found only if
they stand there once, and did so before. Nothing is ever chosen by nearness or likeness.
"""

from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from qa.anchoring.fingerprint import places as fingerprinted
from qa.anchoring.seal import Seal
from qa.types import Span

LEAST_TELLING = 32
"""From so many code points on, words that stand in a text once are taken for those that were quoted, even when nobody
knows whether they stood there once before: shorter ones ("Yes.", "12 crowns") come back by chance."""
MAX_PLACES = 256
"""Equal places that are compared; with more of them, the words are not told apart. Keeps hostile repeats cheap."""
MAX_SEALED = 32_768
"""Longest quotation that is looked for by its seal alone, in code points; also the most that a request can hold."""
MAX_FALSE = 16
"""Places with the right fingerprint and wrong words that are looked at; by chance there is not even one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What is known of a quotation: where it stood, its words or their seal, and what stood around it.

    Without `exact` the seal and the span are needed. An empty `prefix` or `suffix` is unknown.
    """

    span: Span | None = None
    exact: str = ""
    prefix: str = ""
    suffix: str = ""
    seal: Seal | None = None

    def __post_init__(self) -> None:
        if not self.exact and not (self.seal and self.span):
            raise ValueError("an anchor needs the words, or their seal and place")

    def at(self, text: str) -> str | None:
        """The words, if they stand at the old place of this text."""
        words = text[self.span.start : self.span.end] if self.span and self.span.end <= len(text) else ""
        return words if words and self._proves(words) else None

    def _proves(self, words: str) -> bool:
        if self.exact:
            return words == self.exact
        return self.seal is not None and self.seal.proves(words)


class Found(NamedTuple):
    """The certain place, or None; and at how many places the words stand (`MAX_PLACES` + 1 for all above)."""

    span: Span | None
    places: int


def find(text: str, anchor: Anchor) -> Found:
    """Where the words of an anchor stand in a text."""
    words = anchor.exact or _unsealed(text, anchor)
    if not words:
        return Found(None, 0)
    starts = _starts(text, words)
    fitting = [start for start in starts if _fits(text, start, start + len(words), anchor)]
    if len(starts) == 1 and not fitting and _alone(anchor, words):
        fitting = starts
    if len(fitting) != 1 or len(starts) > MAX_PLACES:
        return Found(None, len(starts))
    return Found(Span(fitting[0], fitting[0] + len(words)), len(starts))


def gap(text: str, anchor: Anchor) -> bool:
    """Whether the words were taken out: what stood before them now meets what stood after, at one place."""
    before, after = anchor.prefix.rstrip(), anchor.suffix.lstrip()
    place = text.find(before) if before and after else -1
    if place < 0 or text.find(before, place + 1) >= 0:
        return False
    rest = text[place + len(before) :]
    return rest.lstrip().startswith(after)


def _unsealed(text: str, anchor: Anchor) -> str | None:
    """The sealed words as they stand in the text, at the old place or any other."""
    if anchor.span is None or anchor.seal is None:
        return None
    length = len(anchor.span)
    if length > MAX_SEALED:
        return anchor.at(text)
    candidates = fingerprinted(text, length, anchor.seal.fingerprint)
    words = (text[start : start + length] for start in islice(candidates, MAX_FALSE))
    return next((found for found in words if anchor.seal.proves(found)), None)


def _starts(text: str, words: str) -> list[int]:
    """The places of the words, overlapping ones too; one more than `MAX_PLACES` at most."""
    starts: list[int] = []
    place = text.find(words)
    while place >= 0 and len(starts) <= MAX_PLACES:
        starts.append(place)
        place = text.find(words, place + 1)
    return starts


def _fits(text: str, start: int, end: int, anchor: Anchor) -> bool:
    """Whether both sides are known and as they were."""
    seal, span = anchor.seal, anchor.span
    sealed = seal if seal and seal.only is not None else None
    if anchor.prefix:
        before = text.endswith(anchor.prefix, 0, start)
    else:
        before = sealed is not None and span is not None and sealed.fits_before(text, start, span.start)
    if not before:
        return False
    if anchor.suffix:
        return text.startswith(anchor.suffix, end)
    return sealed is not None and sealed.fits_after(text, end)


def _alone(anchor: Anchor, words: str) -> bool:
    """Whether words that stand in the text once, between others than before, are those that were quoted."""
    if anchor.seal and anchor.seal.only is not None:
        return anchor.seal.only
    return len(words) >= LEAST_TELLING
