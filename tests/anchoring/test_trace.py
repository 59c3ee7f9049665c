"""What has become of a quotation, over several documents: by path, by content when renamed, and the reason in words."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from qa.anchoring.anchor import Anchor
from qa.anchoring.seal import Seal
from qa.anchoring.trace import Quoted, Status, Traced, trace
from qa.types import DocumentRecord, ParsedDocument, Span, document_id
from strategies import document_of

TEXT = "Birds of the coast.\n\nThe heron waits in the shallow water.\n\nIt hunts at dawn."
QUOTE = "The heron waits in the shallow water."
SPAN = Span(21, 58)


@dataclass(frozen=True)
class Held:
    """Documents by path; a path without a text is a file that was skipped."""

    texts: Mapping[str, str | None]

    def documents(self) -> list[DocumentRecord]:
        return [
            DocumentRecord(
                document_id=document_id(path), path=path, title=path, media_type="text/plain",
                size=1, sha256=sha256(f"file of {text}"), text_sha256=sha256(text) if text else None,
                characters=len(text or ""), passages=1, reason=None if text else f"{path} is locked.",
            )
            for path, text in self.texts.items()
        ]  # fmt: skip

    def document(self, wanted: str) -> ParsedDocument:
        return next(
            document_of(text, path=path) for path, text in self.texts.items() if text and document_id(path) == wanted
        )


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def quoted(*, sealed: bool) -> Quoted:
    assert SPAN.of(TEXT) == QUOTE
    seal = Seal.of(TEXT, SPAN, text_sha256=sha256(TEXT))
    if sealed:
        return Quoted(document_id=document_id("heron.txt"), anchor=Anchor(span=SPAN, seal=seal))
    return Quoted(
        document_id=document_id("heron.txt"),
        anchor=Anchor(span=SPAN, exact=QUOTE, prefix="Birds of the coast.\n\n", suffix="\n\nIt hunts at dawn."),
        text_sha256=sha256(TEXT),
        source_sha256=sha256(f"file of {TEXT}"),
    )


def traced(texts: Mapping[str, str | None], *, sealed: bool = False) -> Traced:
    return trace(quoted(sealed=sealed), Held(texts))


BOTH = pytest.mark.parametrize("sealed", [False, True])


@BOTH
@pytest.mark.parametrize(
    ("text", "status", "span", "reason"),
    [
        (TEXT, Status.SAME, SPAN, "has not changed"),
        (TEXT + " Also at dusk.", Status.SAME, SPAN, "changed elsewhere"),
        ("More. " + TEXT, Status.MOVED, SPAN.shift(6), "another place"),
        (f"{QUOTE}\n\nIt hunts.", Status.MOVED, Span(0, 37), "another place"),
        (TEXT.replace("waits", "stands"), Status.EDITED, None, "do not stand"),
        (f"{QUOTE} {QUOTE}", Status.EDITED, None, "at 2 places"),
        ("Nothing of it.", Status.EDITED, None, "do not stand"),
    ],
)
def test_the_document_of_that_path(text: str, status: Status, span: Span | None, reason: str, *, sealed: bool) -> None:
    found = traced({"heron.txt": text, "other.txt": "Other."}, sealed=sealed)

    assert (found.status, found.span) == (status, span)
    assert reason in found.reason
    assert found.document is not None
    assert found.document.source.path == "heron.txt"
    assert found.status.holds == (span is not None)


@BOTH
def test_equal_words_in_an_unchanged_document_are_where_they_were(*, sealed: bool) -> None:
    text, then = "Yes. " * 9, Span(20, 24)
    seal = Seal.of(text, then, text_sha256=sha256(text)) if sealed else None
    anchor = Anchor(span=then, exact="" if sealed else "Yes.", seal=seal)
    found = trace(
        Quoted(document_id=document_id("a"), anchor=anchor, text_sha256="" if sealed else sha256(text)),
        Held({"a": text}),
    )

    assert (found.status, found.span) == (Status.SAME, then)


@BOTH
@pytest.mark.parametrize("instead", [None, "Another text with the old name.", ...])
def test_a_renamed_document_is_known_by_its_content(instead: object, *, sealed: bool) -> None:
    texts: dict[str, str | None] = {"birds/heron.txt": TEXT, "other.txt": "Other."}
    if instead is not ...:
        texts["heron.txt"] = instead  # type: ignore[assignment]  # a text, or None
    found = traced(texts, sealed=sealed)

    assert (found.status, found.span) == (Status.MOVED, SPAN)
    assert "now birds/heron.txt" in found.reason
    assert found.document is not None
    assert found.document.source.path == "birds/heron.txt"


def test_a_renamed_document_is_also_known_by_its_bytes() -> None:
    """Its text may be another one since, as parsers get better."""
    here = quoted(sealed=False)
    wanted = Quoted(
        document_id=here.document_id, anchor=here.anchor, text_sha256=sha256("old"), source_sha256=here.source_sha256
    )
    assert trace(wanted, Held({"new.txt": TEXT})).status is Status.MOVED


@BOTH
def test_of_several_copies_none_is_taken_for_the_renamed_one(*, sealed: bool) -> None:
    found = traced({"a.txt": TEXT, "b.txt": TEXT}, sealed=sealed)

    assert (found.status, found.document, found.span) == (Status.DELETED, None, None)
    assert "2 other documents" in found.reason


@BOTH
def test_a_document_that_is_gone_or_cannot_be_read_is_said_so(*, sealed: bool) -> None:
    gone = traced({"other.txt": "Other."}, sealed=sealed)
    locked = traced({"heron.txt": None}, sealed=sealed)

    assert (gone.status, locked.status) == (Status.DELETED, Status.DELETED)
    assert "not among" in gone.reason
    assert "heron.txt is locked." in locked.reason


def test_words_that_were_taken_out_are_deleted() -> None:
    found = traced({"heron.txt": "Birds of the coast.\n\nIt hunts at dawn."})

    assert found.status is Status.DELETED
    assert "taken out" in found.reason
    assert found.document is not None


def test_words_that_an_unchanged_document_never_held_are_said_so() -> None:
    true = quoted(sealed=False)
    false = Quoted(
        document_id=true.document_id,
        anchor=Anchor(span=SPAN, exact=QUOTE.replace("shallow", "deepest")),
        text_sha256=true.text_sha256,
    )
    found = trace(false, Held({"heron.txt": TEXT}))

    assert found.status is Status.EDITED
    assert "never held these words" in found.reason


def test_one_place_between_other_words_is_not_enough_for_a_short_quotation() -> None:
    anchor = Anchor(span=Span(0, 4), exact="Yes.", suffix=" It is so.")
    found = trace(Quoted(document_id=document_id("a"), anchor=anchor), Held({"a": "Is it? Yes."}))

    assert (found.status, found.places) == (Status.EDITED, 1)
    assert "may be another place" in found.reason


def test_beyond_256_equal_places_the_number_is_not_counted() -> None:
    anchor = Anchor(exact="ab")
    found = trace(Quoted(document_id=document_id("a"), anchor=anchor), Held({"a": "ab " * 300}))

    assert "more than 256 places" in found.reason
