"""A quotation's place in forms that others understand: selectors of the W3C Web Annotation Data Model, and boxes."""

from typing import Literal

from pydantic import Field

from qa.service.response_model import ResponseModel
from qa.types import Citation, PageBoxes

Edges = tuple[float, float, float, float]


class PageBoxesModel(ResponseModel):
    """Rectangles on one page of a PDF as it is shown (cropped and rotated), in PDF points (1/72 inch)."""

    page: int = Field(description="Number of the page, from 1.")
    width: float
    height: float
    boxes: list[Edges] = Field(
        description="`[x0, y0, x1, y1]`, one for each line: left, bottom, right and top, from the page's lower left."
    )

    @classmethod
    def of(cls, found: PageBoxes) -> "PageBoxesModel":
        """From boxes of a citation."""
        return cls(page=found.page, width=found.width, height=found.height, boxes=list(found.boxes))


class TextPositionSelector(ResponseModel):
    """Offsets in the document's text: code points, and the same in UTF-16 units, as JavaScript counts."""

    type: Literal["TextPositionSelector"] = "TextPositionSelector"
    start: int
    end: int
    utf16_start: int
    utf16_end: int


class TextQuoteSelector(ResponseModel):
    """The quotation with up to 32 code points of the text before and after it, to find it again in a changed text."""

    type: Literal["TextQuoteSelector"] = "TextQuoteSelector"
    exact: str
    prefix: str
    suffix: str


class FragmentSelector(ResponseModel):
    """A page of a PDF (RFC 8118), with the rectangles under the quotation."""

    type: Literal["FragmentSelector"] = "FragmentSelector"
    conformsTo: str = "http://tools.ietf.org/rfc/rfc3778"  # noqa: N815  # the standard's name and value
    value: str = Field(description="`page=7`")
    boxes: list[Edges]


Selector = TextPositionSelector | TextQuoteSelector | FragmentSelector


def selectors_of(citation: Citation) -> list[Selector]:
    """All selectors of a citation; for a PDF one fragment for each page that it touches."""
    utf16 = citation.utf16 or citation.span
    found: list[Selector] = [
        TextPositionSelector(
            start=citation.span.start, end=citation.span.end, utf16_start=utf16.start, utf16_end=utf16.end
        ),
        TextQuoteSelector(exact=citation.quote, prefix=citation.prefix, suffix=citation.suffix),
    ]
    found.extend(FragmentSelector(value=f"page={page.page}", boxes=list(page.boxes)) for page in citation.boxes)
    return found
