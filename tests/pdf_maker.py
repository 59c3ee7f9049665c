"""Writes small PDF files byte by byte, so that tests know every word and place in them and need no other library."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

REGULAR, BOLD, ITALIC, ODD = "F1", "F2", "F3", "F4"
"""Helvetica in three styles, and one whose codes 1 to 4 are the glyphs fi, ffl, a hyphen and one without a name."""

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_SIZE = (612, 792)
LINE = 12.0
# Widths of Helvetica's characters in thousandths of its size, for the few places where a test must know a width.
WIDTHS = dict(zip("abcdefghijklmnopqrstuvwxyz",
                  (556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278,
                   556, 500, 722, 500, 500, 500), strict=True))  # fmt: skip


@dataclass
class Page:
    """A page as its content stream; `rotate` in degrees clockwise, as the file format has it."""

    rotate: int = 0
    parts: list[bytes] = field(default_factory=list)

    def text(self, x: float, y: float, words: str | bytes, *, size: float = 10, font: str = REGULAR) -> "Page":
        """Paint one line with its baseline at (x, y)."""
        return self.raw(f"1 0 0 1 {x} {y} Tm", words, size=size, font=font)

    def raw(self, matrix: str, words: str | bytes, *, size: float = 10, font: str = REGULAR) -> "Page":
        """Paint one line under any text matrix operator."""
        data = words.encode("cp1252") if isinstance(words, str) else words
        for character in (b"\\", b"(", b")"):
            data = data.replace(character, b"\\" + character)
        self.parts.append(b"BT /%s %g Tf %s (%s) Tj ET" % (font.encode(), size, matrix.encode(), data))
        return self

    def lines(self, x: float, y: float, lines: Sequence[str], *, size: float = 10, font: str = REGULAR) -> "Page":
        """Paint lines under one another."""
        for number, line in enumerate(lines):
            self.text(x, y - number * LINE, line, size=size, font=font)
        return self


def pdf(*pages: Page, password: str | None = None) -> bytes:
    """The bytes of a file; with a `password` (which may be empty) it is encrypted."""
    kids = b" ".join(b"%d 0 R" % (10 + 2 * number) for number in range(len(pages)))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        3: _font(b"Helvetica"),
        4: _font(b"Helvetica-Bold"),
        5: _font(b"Helvetica-Oblique"),
        6: _font(b"Helvetica", b"<< /Differences [1 /fi /ffl /hyphen /nobodyknows] >>"),
    }
    key = _key(password) if password is not None else None
    fonts = b"/Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R /F4 6 0 R >>"
    for number, page in enumerate(pages):
        objects[10 + 2 * number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Rotate %d /Resources << %s >> /Contents %d 0 R >>"
            % (*_SIZE, page.rotate, fonts, 11 + 2 * number)
        )
        content = b"\n".join(page.parts)
        if key is not None:
            content = _rc4(hashlib.md5(key + (11 + 2 * number).to_bytes(3, "little") + b"\0\0").digest()[:10], content)
        objects[11 + 2 * number] = stream(content)
    return assemble(objects, _encryption(password) if password is not None else b"")


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def assemble(objects: dict[int, bytes], trailer: bytes = b"") -> bytes:
    """A file of numbered objects, of which 1 is the catalogue."""
    data = b"%PDF-1.4\n"
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    size = max(objects) + 1
    data += b"xref\n0 %d\n" % size
    for number in range(size):
        data += b"%010d %05d %s \n" % ((places[number], 0, b"n") if number in places else (0, 65535, b"f"))
    return data + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)


def _font(name: bytes, encoding: bytes = b"/WinAnsiEncoding") -> bytes:
    return b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding %s >>" % (name, encoding)


def _key(password: str) -> bytes:
    padded = (password.encode() + _PADDING)[:32]
    return hashlib.md5(padded + _owner() + (0xFFFFFFFC).to_bytes(4, "little") + b"id").digest()[:5]


def _owner() -> bytes:
    return _rc4(hashlib.md5((b"owner" + _PADDING)[:32]).digest()[:5], _PADDING)


def _encryption(password: str) -> bytes:
    user = _rc4(_key(password), _PADDING)
    return b"/ID [<%s> <%s>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (
        b"id".hex().encode(), b"id".hex().encode(), _owner().hex().encode(), user.hex().encode()
    )  # fmt: skip


def _rc4(key: bytes, data: bytes) -> bytes:
    """The stream cipher of old PDF files."""
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
