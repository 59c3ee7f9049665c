"""Pixels to a PNG file: the smallest part of the format (RFC 2083) that every browser shows."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR = (
    8,
    2,
    0,
    0,
    0,
)  # 8 bits for each of red, green and blue; the only compression and filters; not interlaced
_SAME_AS_ABOVE = b"\x02"  # the filter that keeps a row as its difference from the one above
_LEVEL = 4  # of zlib: half a second less for a page than the best, and a tenth more bytes


def png(width: int, height: int, rows: bytes) -> bytes:
    """A picture from rows of red, green and blue, from the top; raises ValueError when their number does not fit."""
    if not (width > 0 and height > 0 and len(rows) == 3 * width * height):
        raise ValueError(f"{len(rows)} bytes are no picture of {width} × {height} pixels")
    length = 3 * width
    packer = zlib.compressobj(_LEVEL)
    pieces = []
    for start in range(0, len(rows), length):
        row = rows[start : start + length]
        if start and row == rows[start - length : start]:  # most of a page is rows that repeat
            pieces.append(packer.compress(_SAME_AS_ABOVE + bytes(length)))
        else:
            pieces.append(packer.compress(b"\0" + row))
    body = b"".join(pieces) + packer.flush()
    head = struct.pack(">II5B", width, height, *_TRUE_COLOUR)
    return SIGNATURE + b"".join(_chunk(*part) for part in ((b"IHDR", head), (b"IDAT", body), (b"IEND", b"")))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
