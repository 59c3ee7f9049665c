"""Pages of a PDF as pictures: what is drawn stands where the boxes of a citation say, and no child is believed."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from html_tree import parse
from library import Library
from pdf_maker import Page, pdf
from qa.errors import UnreadableDocument
from qa.parsing.pdf.picture import MOST_PIXELS, WIDTH, fitted
from qa.sandbox.pool import Sandbox
from qa.service.pictures import PagePictures
from qa.service.png import png
from qa.types import document_id
from qa.wiring import make_sandbox

QUESTION = "When is the lamp lit?"
SENTENCE = "The lamp is lit by nine and put out at dawn."
LAMP, TURNED = "lamp.pdf", "turned.pdf"
FILES = {
    LAMP: pdf(Page().text(72, 700, SENTENCE), Page().text(72, 100, "The gate stays open all night long.")),
    TURNED: pdf(Page(rotate=90).text(72, 700, "The bell rings twice when the ferry leaves.")),
    "harbour.md": b"# Harbour\n\nThe harbour opens at six in the morning.\n",
    "no.xyz": b"?",
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """PDF files of which every word's place is known."""
    library = Library.at(tmp_path_factory.mktemp("pictures") / "library", FILES)
    library.build()
    return library


@pytest.fixture(scope="module")
def client(shelf: Library) -> Iterator[TestClient]:
    """A service that draws; it ends the process that does."""
    with shelf.client(pictures=PagePictures(shelf.settings.corpus, make_sandbox(shelf.settings))) as client:
        yield client


def decoded(content: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of a PNG file in true colours, with the two filters that ours has."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    parts, place = b"", 8
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind, part = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        assert struct.unpack(">I", content[place + 8 + length : place + 12 + length]) == (zlib.crc32(kind + part),)
        parts += part if kind == b"IDAT" else b""
        place += 12 + length
    raw, rows = zlib.decompress(parts), [bytes(3 * width)]
    for start in range(0, len(raw), 3 * width + 1):
        filtered, row = raw[start], raw[start + 1 : start + 1 + 3 * width]
        assert filtered in {0, 2}
        rows.append(row if filtered == 0 else bytes((a + b) % 256 for a, b in zip(row, rows[-1], strict=True)))
    assert len(rows) == height + 1
    return width, height, rows[1:]


def dark(rows: list[bytes]) -> set[tuple[int, int]]:
    """Column and row of every pixel that is not white."""
    blank = bytes([255]) * len(rows[0])
    found: set[tuple[int, int]] = set()
    for y, row in enumerate(rows):
        if row != blank:
            found.update((x // 3, y) for x in range(0, len(row), 3) if row[x : x + 3] != b"\xff\xff\xff")
    return found


@pytest.mark.parametrize(
    ("path", "question"), [(LAMP, QUESTION), (TURNED, "How often does the bell ring when the ferry leaves?")]
)
def test_what_is_drawn_lies_under_the_boxes_of_the_citation(client: TestClient, path: str, question: str) -> None:
    """The quotation is all that stands on the page, so all ink lies in its boxes, and the boxes are full of it."""
    (citation,) = client.get("/ask", params={"q": question}).json()["citations"]
    (page,) = citation["boxes"]
    response = client.get(f"/documents/{citation['document_id']}/pages/{page['page']}")
    width, height, rows = decoded(response.content)
    scale = width / page["width"]
    ((x0, y0, x1, y1),) = page["boxes"]
    ink = dark(rows)

    assert citation["path"] == path
    assert response.headers["content-type"] == "image/png"
    assert (width, height) == (WIDTH, round(WIDTH * page["height"] / page["width"]))
    assert len(ink) > 1000
    for x, y in ink:
        assert x0 - 1 <= (x + 0.5) / scale <= x1 + 1
        assert page["height"] - y1 - 1 <= (y + 0.5) / scale <= page["height"] - y0 + 1
    across, down = ([place[axis] / scale for place in ink] for axis in (0, 1))
    assert max(across) - min(across) > 0.8 * (x1 - x0)
    assert max(down) - min(down) > 0.8 * (y1 - y0)


def test_a_place_by_hand(client: TestClient) -> None:
    """A line of 10 points with its baseline 700 points up, on a page of 612 by 792 points, 1,200 pixels across."""
    _, _, rows = decoded(client.get(f"/documents/{document_id(LAMP)}/pages/1").content)
    ink = dark(rows)
    scale = 1200 / 612

    assert min(x for x, _ in ink) == pytest.approx(72 * scale, abs=3)
    assert max(y for _, y in ink) == pytest.approx((792 - 700 + 2.1) * scale, abs=3)  # p and y hang below the line
    assert min(y for _, y in ink) == pytest.approx((792 - 700 - 7.2) * scale, abs=3)


def test_the_page_of_a_source_shows_the_quotation_on_its_page(client: TestClient) -> None:
    (citation,) = client.get("/ask", params={"q": QUESTION}).json()["citations"]
    root = parse(client.get(citation["url"]).text)
    strip, whole = root.all(of_class="drawing")
    (page,) = citation["boxes"]
    x0, y0, x1, y1 = page["boxes"][0]

    for drawing in (strip, whole):
        image, mark = drawing.one("image"), drawing.one("rect")
        assert image.attributes["href"] == f"/documents/{document_id(LAMP)}/pages/1"
        assert (image.attributes["width"], image.attributes["height"]) == ("612.0", "792.0")
        found = [float(mark.attributes[name]) for name in ("x", "y", "width", "height")]
        assert found == pytest.approx([x0, 792 - y1, x1 - x0, y1 - y0], abs=0.01)
        assert "Page 1" in drawing.attributes["aria-label"]
    assert whole.attributes["viewbox"] == "0 0 612.0 792.0"
    left, top, width, height = map(float, strip.attributes["viewbox"].split())
    assert (left, width) == pytest.approx((72 - 40, 612 - 2 * 32), abs=0.5)  # as much on the right as on the left
    assert top < 792 - y1 < 792 - y0 < top + height < 300
    (original,) = root.all(of_class="original")
    assert original.attributes["href"] == f"/documents/{document_id(LAMP)}/original#page=1"


def test_what_has_no_pages_has_no_pictures(client: TestClient) -> None:
    (citation,) = client.get("/ask", params={"q": "When does the harbour open?"}).json()["citations"]

    assert citation["path"] == "harbour.md"
    assert parse(client.get(citation["url"]).text).all(of_class="pictures") == []
    assert parse(client.get(f"/source/{document_id(LAMP)}").text).all(of_class="pictures") == []
    for path in ("harbour.md", LAMP):
        assert client.get(f"/documents/{document_id(path)}/pages/3").status_code == 404
    assert client.get(f"/documents/{document_id(LAMP)}/pages/2").status_code == 200
    assert client.get(f"/documents/{document_id(LAMP)}/pages/0").status_code == 422
    assert client.get(f"/documents/{document_id(LAMP)}/pages/{1 << 80}").status_code == 404


def test_a_service_that_does_not_draw_shows_text_only(shelf: Library) -> None:
    client = shelf.client()
    (citation,) = client.get("/ask", params={"q": QUESTION}).json()["citations"]

    assert client.get(f"/documents/{document_id(LAMP)}/pages/1").status_code == 404
    assert parse(client.get(citation["url"]).text).all(of_class="pictures") == []


def test_a_file_that_has_changed_is_not_drawn(tmp_path: Path) -> None:
    library = Library.at(tmp_path / "library", {LAMP: FILES[LAMP]})
    library.build()
    library.write(LAMP, pdf(Page().text(72, 700, "Something else.")))
    with library.client(pictures=PagePictures(library.settings.corpus, make_sandbox(library.settings))) as client:
        assert client.get(f"/documents/{document_id(LAMP)}/pages/1").status_code == 409


class Told(Sandbox):
    """A sandbox whose child says what a test wants, and counts how often it was asked."""

    def __init__(self, value: Any, data: bytes = b"") -> None:
        self.told, self.asked = (value, data), 0

    def run(self, job: str, arguments: Mapping[str, Any], data: bytes, *, name: str) -> tuple[Any, bytes]:
        """What was given."""
        self.asked += 1
        return self.told


@pytest.mark.parametrize(
    ("value", "data"),
    [({"width": 2, "height": 2}, b"no"), ({"width": -1, "height": -1}, b"abc"), ({}, b""), ([], b""), (None, b""),
     ({"width": "2", "height": 2}, bytes(12)), ({"width": 0, "height": 2}, b""),
     ({"width": 1.5, "height": 2}, bytes(9))],
)  # fmt: skip
def test_a_child_that_lies_is_not_believed(shelf: Library, value: Any, data: bytes) -> None:
    record = shelf.engine().record(document_id(LAMP))
    with pytest.raises(UnreadableDocument, match="could not be drawn"):
        PagePictures(shelf.settings.corpus, Told(value, data)).page(record, 1)


def test_the_last_pictures_are_kept_within_bounds(shelf: Library) -> None:
    record = shelf.engine().record(document_id(LAMP))
    told = Told({"width": 2, "height": 1}, bytes(range(6)))
    size = len(png(2, 1, bytes(range(6))))
    pictures = PagePictures(shelf.settings.corpus, told, most_bytes=2 * size)

    for number in (1, 2, 1, 3, 1, 2):
        assert pictures.page(record, number) == png(2, 1, bytes(range(6)))

    assert told.asked == 4  # 1 and 2, then 3 in the place of 2, then 2 again


def test_sizes_by_hand() -> None:
    assert fitted(612, 792) == (1200, 1553)  # 1200 * 792 / 612 = 1552.9
    assert fitted(600, 600) == (1200, 1200)
    for width, height in ((10, 14_400), (14_400, 1), (0, 0), (1e-9, 14_400)):
        across, down = fitted(width, height)
        assert across >= 4
        assert across % 4 == 0
        assert down >= 1
        assert across * down <= MOST_PIXELS


def test_a_picture_is_what_went_in() -> None:
    rows = [bytes([1, 2, 3, 4, 5, 6]), bytes([1, 2, 3, 4, 5, 6]), bytes([9, 9, 9, 0, 0, 0])]

    assert decoded(png(2, 3, b"".join(rows))) == (2, 3, rows)
