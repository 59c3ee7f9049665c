"""Pages of a PDF as pictures: drawn in the sandbox, checked, and the last ones kept in memory."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from qa.errors import UnreadableDocument
from qa.index.originals import original
from qa.sandbox.pool import Sandbox
from qa.service.links import picture_url
from qa.service.originals import PDF
from qa.service.png import png
from qa.types import DocumentRecord, PageBoxes

JOB = "qa.parsing.pdf.picture:pixels"
MOST_BYTES_KEPT = 24_000_000
"""Of pictures in memory: a hundred pages of print, or fewer with photographs."""
MARGIN, MOST_STRIP = 40.0, 280.0
"""Points above and below a quotation in the strip that is cut out of its page (some three lines), and in all."""
SIDE, LEAST_ACROSS = 40.0, 240.0
"""Points beside a quotation in the strip, and the least from left to right, so that little is not blown up."""


class PagePictures:
    """Draws pages of the corpus. Safe for several threads; one page is drawn at a time."""

    def __init__(self, corpus: Path, sandbox: Sandbox, *, most_bytes: int = MOST_BYTES_KEPT) -> None:
        self._corpus = corpus
        self._sandbox = sandbox
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = Lock()

    def page(self, record: DocumentRecord, number: int) -> bytes | None:
        """A page (from 1) as a PNG file; None for what is no PDF, or has no such page.

        Raises what `original` raises when the file is not the one that was indexed, and a DocumentError when it cannot
        be drawn.
        """
        if record.media_type != PDF:
            return None
        key = (record.sha256, number)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        picture = self._drawn(record.path, number, original(self._corpus, record))
        if picture is not None:
            self._keep(key, picture)
        return picture

    def _drawn(self, path: str, number: int, data: bytes) -> bytes | None:
        value, rows = self._sandbox.run(JOB, {"path": path, "page": number}, data, name=path)
        try:
            width, height = value["width"], value["height"]
            return png(width, height, rows) if (width, height) != (0, 0) else None
        except (TypeError, KeyError, ValueError):
            raise UnreadableDocument(
                f"A page of {path} could not be drawn.", remedy="Open the file itself, if you trust it."
            ) from None

    def _keep(self, key: tuple[str, int], picture: bytes) -> None:
        with self._lock:
            self._kept[key] = picture
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > self._most_bytes:
                self._kept.popitem(last=False)

    def close(self) -> None:
        """End the process that draws."""
        self._sandbox.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A rectangle from the upper left corner of the page, in points."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """A page that holds part of a quotation, with its marks; `strip` is the part of it around them, as an SVG view box.

    The strip goes as far on the right as margins of equal width would let it, so that lines of print are seen whole.
    """

    page: int
    url: str
    width: float
    height: float
    strip: tuple[float, float, float, float]
    marks: tuple[Mark, ...]

    @classmethod
    def of(cls, document_id: str, found: PageBoxes, collection: str | None = None) -> "PictureView":
        """From the boxes on one page, whose origin is the lower left corner."""
        boxes = found.boxes
        top = max(0.0, found.height - max(box.y1 for box in boxes) - MARGIN)
        bottom = min(found.height, found.height - min(box.y0 for box in boxes) + MARGIN)
        left = max(0.0, min(min(box.x0 for box in boxes) - SIDE, found.width - LEAST_ACROSS))
        right = min(found.width, max(found.width - left, max(box.x1 for box in boxes) + SIDE, left + LEAST_ACROSS))
        strip = (left, top, right - left, min(bottom - top, MOST_STRIP))
        marks = tuple(
            Mark(
                x=round(box.x0, 2),
                y=round(found.height - box.y1, 2),
                width=round(box.x1 - box.x0, 2),
                height=round(box.y1 - box.y0, 2),
            )
            for box in boxes
        )
        return cls(
            page=found.page,
            url=picture_url(document_id, found.page, collection=collection),
            width=found.width,
            height=found.height,
            strip=(round(strip[0], 2), round(strip[1], 2), round(strip[2], 2), round(strip[3], 2)),
            marks=marks,
        )
