"""Replies: an answer made of citations, or an abstention."""

from dataclasses import dataclass

from qa.types.document import Span
from qa.types.pages import PageBoxes
from qa.types.passage import RankedPassage


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The head of the table that a quoted row belongs to: a verbatim slice of the same document, never of the quote."""

    span: Span
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A quotation with its place and the two hashes that prove it. Made by `qa.answering.cite` only.

    `prefix` and `suffix` stand around it in the text (`qa.text.selectors`), `utf16` is its span in UTF-16 units, and
    `boxes` are where it is painted, for a format that has pages. `seal` finds it again in a text that has changed.
    """

    document_id: str
    path: str
    title: str
    page: int | None
    headings: tuple[str, ...]
    span: Span
    quote: str
    text_sha256: str
    source_sha256: str
    place: str | None = None
    header: Header | None = None
    prefix: str = ""
    suffix: str = ""
    utf16: Span | None = None
    boxes: tuple[PageBoxes, ...] = ()
    seal: str = ""

    def words(self, span: Span) -> str:
        """The characters of the quotation under a span of its document."""
        return span.shift(-self.span.start).of(self.quote)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer in the documents' own words; `span` (of the first citation's document) is the shortest answer.

    `left_out` items of a long list follow the first quotation in its document. `rival` is set when the documents give
    different figures: the words of the second citation that contradict the answer.
    """

    question: str
    span: Span
    citations: tuple[Citation, ...]
    confidence: float
    passages: tuple[RankedPassage, ...]
    generation: str
    left_out: int = 0
    rival: Span | None = None

    def __post_init__(self) -> None:
        if not self.citations or not self.citations[0].span.contains(self.span):
            raise ValueError("an answer lies inside its first citation")
        if self.rival and not (len(self.citations) > 1 and self.citations[1].span.contains(self.rival)):
            raise ValueError("what contradicts an answer lies inside the second citation")

    @property
    def text(self) -> str:
        """The answer itself: a slice of the first quotation."""
        return self.citations[0].words(self.span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """The documents do not answer: a value, not an error. `passages` are the nearest ones, as what they are."""

    question: str
    reason: str
    confidence: float
    missing: tuple[str, ...]
    passages: tuple[RankedPassage, ...]
    generation: str


Reply = Answer | Abstention


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The probability (0..1) that the best candidate answers, and what to say if it is too low.

    `reason` is a sentence for the person who asked; `unknown` are words of the question that no document holds.
    """

    confidence: float
    reason: str
    unknown: tuple[str, ...]
