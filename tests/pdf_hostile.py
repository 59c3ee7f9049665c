"""PDF files that make PDFium take much memory or end the process: parse them in the sandbox only."""

import zlib
from collections.abc import Callable, Iterator

from pdf_maker import assemble, stream

_FLATE = b"/Filter /FlateDecode"
_WORD = b"BT /F1 10 Tf 72 700 Td (word) Tj ET\n"
_RESOURCES = b"/Resources << /Font << /F1 3 0 R >> /XObject << /X %d 0 R >> >>"


def one_page(content: bytes, entries: bytes = b"", more: dict[int, bytes] | None = None) -> bytes:
    """A file of one page with this content stream; object 12 is the form /X."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] %s /Contents 11 0 R >>" % (_RESOURCES % 12)
    return assemble({
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [10 0 R] /Count 1 >>",
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        10: page,
        11: stream(content, entries),
        **(more or {}),
    })  # fmt: skip


def packed(pieces: Iterator[bytes]) -> bytes:
    """Much data, deflated piece by piece."""
    compressor = zlib.compressobj(9)
    return b"".join([compressor.compress(piece) for piece in pieces]) + compressor.flush()


def form(content: bytes, inner: int) -> bytes:
    """A form whose /X is the object `inner`."""
    return stream(content, b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] " + _RESOURCES % inner)


CASES: dict[str, Callable[[], bytes]] = {
    "P6 operators": lambda: one_page(packed(b"0 0 m 1 1 l S\n" * 100_000 for _ in range(400)), _FLATE),
    "P6 saved states": lambda: one_page(packed(b"q\n" * 100_000 for _ in range(1000)), _FLATE),
    "P7 packed twice": lambda: one_page(
        zlib.compress(packed(b" " * 10**7 for _ in range(100)), 9), b"/Filter [/FlateDecode /FlateDecode]"
    ),
    "P9 form in itself": lambda: one_page(b"/X Do", more={12: form(b"/X Do " * 10 + _WORD, 12)}),
    "P9 forms that double": lambda: one_page(
        b"/X Do", more={12 + n: form(b"/X Do /X Do" if n < 30 else _WORD, 13 + n) for n in range(31)}
    ),
    "P9 open arrays": lambda: one_page(b"[" * 1_000_000 + _WORD),
    "P9 open dictionaries": lambda: one_page(_WORD, more={20: b"<<" * 100_000}),
}
