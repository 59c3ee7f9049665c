"""Citations of earlier, as they were given or saved, and what has become of them: the models of `POST /verify`.

Also what a permalink's `c` and `h` ask for on the page of a document. Citations are taken as `/ask` gives them, with
all that they hold; what is not needed here is passed over.
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qa.anchoring.anchor import Anchor
from qa.anchoring.seal import Seal
from qa.anchoring.trace import Quoted, Status, Traced, trace
from qa.engine import Engine, Generation
from qa.errors import ConfigError, DocumentUnknown
from qa.service.links import source_url
from qa.service.requests import WHOLE, OneOrAll, Text
from qa.service.response_model import ResponseModel
from qa.service.schemas import COLLECTION
from qa.types import ParsedDocument, Span, document_id

MAX_CITATIONS = 100
_LENIENT = ConfigDict(extra="ignore", strict=True)
_PLACE = re.compile(r"(\d{1,9})-(\d{1,9})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


Offset = Annotated[int, Field(ge=0, lt=1 << 40), WHOLE] | None


class SelectorModel(BaseModel):
    """A selector of the Web Annotation model; of its kinds, text quotes and text positions are used."""

    model_config = _LENIENT

    exact: Text = ""
    prefix: Text = ""
    suffix: Text = ""
    start: Offset = None
    end: Offset = None


class SavedCitation(BaseModel):
    """A citation as `/ask` gives it; of several selectors the first that says something counts."""

    model_config = _LENIENT

    collection: Text | None = Field(None, description="Where it is looked for, if there are several.")

    document_id: Text = Field("", description="Or `path`.")
    path: Text = ""
    quote: Text = Field("", description="Or a selector with `exact`.")
    start: Offset = None
    end: Offset = None
    text_sha256: Text = Field("", description="Also finds a document that was renamed.")
    source_sha256: Text = ""
    url: Text = Field("", description="Its `h` tells what stood around the words.")
    selectors: list[SelectorModel] = Field(default_factory=list, description="What stood around the words.")

    @model_validator(mode="after")
    def _names_words_in_a_document(self) -> Self:
        if not (self.quote or any(selector.exact for selector in self.selectors)):
            raise ValueError("a citation needs a quote")
        if not (self.document_id or self.path):
            raise ValueError("a citation needs a document_id or a path")
        return self

    def words(self) -> str:
        """What was quoted."""
        return self.quote or next(selector.exact for selector in self.selectors if selector.exact)

    def quoted(self) -> Quoted:
        """What is to be found."""
        selectors = [SelectorModel(exact=self.quote, start=self.start, end=self.end), *self.selectors]

        def first(name: str) -> Any:
            values = (getattr(selector, name) for selector in selectors)
            return next((value for value in values if value not in ("", None)), None)

        exact, start = first("exact"), first("start")
        seal = _seal_of(self.url)
        return Quoted(
            document_id=self.document_id or document_id(self.path),
            anchor=Anchor(
                span=None if start is None else Span(start, start + len(exact)),
                exact=exact,
                prefix=first("prefix") or "",
                suffix=first("suffix") or "",
                seal=seal if seal and seal.proves(exact) else None,
            ),
            text_sha256=self.text_sha256 if _SHA256.fullmatch(self.text_sha256) else "",
            source_sha256=self.source_sha256,
        )


class VerifyRequest(BaseModel):
    """Citations to look for: a whole answer of `/ask`, its `citations`, or one citation by itself."""

    model_config = _LENIENT

    citations: list[SavedCitation] = Field(max_length=MAX_CITATIONS)
    collection: OneOrAll = None

    @model_validator(mode="before")
    @classmethod
    def _one_by_itself(cls, data: Any) -> Any:
        return {"citations": [data]} if isinstance(data, dict) and "citations" not in data else data


class VerifiedCitation(ResponseModel):
    """What has become of one citation. Place and `url` are those of now; null when the words are not found for sure."""

    status: Status = Field(
        description="`same`; `moved`: word for word at another place, or in a document that was renamed; `edited`: the "
        "words are gone, or at several places that nothing tells apart; `deleted`: taken out, or the document is gone."
    )
    reason: str = Field(description="A sentence that says why.")
    document_id: str | None
    path: str | None
    start: int | None
    end: int | None
    url: str | None
    places: int = Field(description="At how many places of the document the words stand; 257 means more than 256.")
    collection: str | None = Field(None, description=COLLECTION)

    @classmethod
    def of(cls, traced: Traced, collection: str | None = None) -> "VerifiedCitation":
        """From what was found in a collection."""
        document, span = traced.document, traced.span
        seal = str(Seal.of(document.text, span, text_sha256=document.text_sha256)) if document and span else ""
        return cls(
            status=traced.status,
            reason=traced.reason,
            document_id=document.id if document else None,
            path=document.source.path if document else None,
            start=span.start if span else None,
            end=span.end if span else None,
            url=source_url(document.id, span, seal, collection=collection) if document else None,
            places=traced.places,
            collection=collection,
        )


class VerifyResponse(ResponseModel):
    """Every citation in the order of the request, each looked for in one generation."""

    generation: str = Field(description="The one that was searched; of several collections all, each with its name.")
    holds: bool = Field(description="Whether every citation is `same` or `moved`.")
    citations: list[VerifiedCitation]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedPlace:
    """What the page of a document shows for a link: what to mark, and what to say above the text.

    `status` is None for a link that names no place, or a place without the seal of its words.
    """

    document: ParsedDocument
    marked: Span | None = None
    status: Status | None = None
    notice: str | None = None


def traced_in(citations: Sequence[SavedCitation], generations: Mapping[str | None, Generation]) -> VerifyResponse:
    """All citations, looked for in the open generations of collections, by the names of these."""
    found = [_traced(citation, generations) for citation in citations]
    named = (f"{name} {one.generation}" if name else one.generation for name, one in generations.items())
    holds = all(citation.status.holds for citation in found)
    return VerifyResponse(generation=", ".join(named), holds=holds, citations=found)


def _traced(citation: SavedCitation, generations: Mapping[str | None, Generation]) -> VerifiedCitation:
    """What has become of it: in the collection that it names, else where it is best off.

    Others are looked into only when its own has no such document any more, and count only when they hold the words:
    a document of the same name in another collection is another one.
    """
    quoted, own = citation.quoted(), citation.collection
    missing: list[VerifiedCitation] = []
    for name in sorted(generations, key=lambda name: name != own):
        traced = trace(quoted, generations[name])
        found = VerifiedCitation.of(traced, name)
        if traced.status is Status.SAME or (name == own and traced.document is not None):
            return found
        missing.append(found)
    best = min(missing, key=lambda one: list(Status).index(one.status))
    return best if best.status.holds or own not in generations else missing[0]


def saved_citations(path: Path) -> list[SavedCitation]:
    """Every citation in a JSON file, however deep: an answer of the API, a list, or a saved conversation.

    What has a quotation and names its document is a citation. Raises ConfigError when there is none.
    """
    try:
        pending = [json.loads(path.read_text(encoding="utf-8"))]
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}).", remedy="Check its name.") from None
    except (ValueError, RecursionError):
        raise ConfigError(
            f"{path} is not JSON.", remedy="Give an answer of the API, or a saved conversation."
        ) from None
    found: list[SavedCitation] = []
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            with suppress(ValidationError):
                found.append(SavedCitation.model_validate(value))
                continue
            pending.extend(reversed(value.values()))
        elif isinstance(value, list):
            pending.extend(reversed(value))
    if not found:
        raise ConfigError(
            f"There are no citations in {path}.", remedy="Give an answer of the API, or a saved conversation."
        )
    return found


def linked_place(engine: Engine, wanted: str, place: str | None, seal: str | None) -> LinkedPlace:
    """What a link to the document with the id `wanted` shows; `place` and `seal` are its `c` and `h`.

    Raises DocumentUnknown when there is no such document, also when it is gone since the link was made.
    """
    snapshot = engine.snapshot()
    span, sealed = _span_of(place), Seal.read(seal or "")
    if sealed is None or span is None:
        document = snapshot.document(wanted)
        if place is None:
            return LinkedPlace(document=document)
        inside = span is not None and span.end <= len(document.text)
        if seal is None and span and inside and any(span.overlaps(block.span) for block in document.blocks):
            return LinkedPlace(document=document, marked=span)
        return LinkedPlace(document=document, notice="The address names characters that this document does not have.")
    traced = trace(Quoted(document_id=wanted, anchor=Anchor(span=span, seal=sealed)), snapshot)
    if traced.document is None:
        raise DocumentUnknown(
            f"The source of this link has changed since. {traced.reason}", remedy="See the list of documents."
        )
    return LinkedPlace(document=traced.document, marked=traced.span, status=traced.status, notice=_notice(traced))


def _notice(traced: Traced) -> str | None:
    if traced.status is Status.SAME:
        return None
    if traced.status is Status.MOVED:
        return f"The source has changed since this link was made. {traced.reason} They are marked below."
    return f"The source has changed since this link was made. {traced.reason} So nothing is marked."


def _span_of(place: str | None) -> Span | None:
    match = _PLACE.fullmatch(place or "")
    return Span(int(match[1]), int(match[2])) if match and int(match[1]) < int(match[2]) else None


def _seal_of(url: str) -> Seal | None:
    try:
        values = parse_qs(urlsplit(url).query).get("h", [])
    except ValueError:
        return None
    return Seal.read(values[0]) if values else None
