"""A page of a PDF as a viewer shows it, in pixels: what runs in a child process when a page is looked at.

Pixels, not a picture file: a child that a hostile file has taken over can then give wrong colours, and nothing else.
"""

import ctypes
from collections.abc import Mapping
from typing import Any

from qa.parsing.pdf.glyphs import opened

WIDTH = 1200
"""Pixels across a page: sharp at the width of the pane on a screen with two pixels for each of its points."""
MOST_PIXELS = 4_000_000
"""A page is drawn smaller when it would have more: a tall one, such as a web page that was printed in one piece."""
_SIDE = 4  # widths are a multiple of it, so that rows have no padding


def pixels(arguments: Mapping[str, Any], data: bytes) -> tuple[dict[str, int], bytes]:
    """The page with the number `page` of a PDF as rows of red, green and blue, from the top; `path` is for messages.

    Gives width and height, or 0 and 0 when there is no such page. Raises a DocumentError for a broken file.
    """
    from pypdfium2 import raw

    page = int(arguments["page"])
    with opened(data, str(arguments["path"])) as pdf:
        if not 1 <= page <= pdf.pages:
            return {"width": 0, "height": 0}, b""
        with pdf.loaded(page) as handle:
            width, height = fitted(raw.FPDF_GetPageWidthF(handle), raw.FPDF_GetPageHeightF(handle))
            bitmap = raw.FPDFBitmap_CreateEx(width, height, raw.FPDFBitmap_BGR, None, 0)
            if not bitmap:
                raise MemoryError
            try:
                raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
                flags = raw.FPDF_ANNOT | raw.FPDF_REVERSE_BYTE_ORDER
                raw.FPDF_RenderPageBitmap(bitmap, handle, 0, 0, width, height, 0, flags)
                return {"width": width, "height": height}, _rows(raw, bitmap, width, height)
            finally:
                raw.FPDFBitmap_Destroy(bitmap)


def fitted(width: float, height: float) -> tuple[int, int]:
    """Pixels across and down for a page of that size: WIDTH across, or less where that makes over MOST_PIXELS."""
    ratio = max(height, 1.0) / max(width, 1.0)
    across = min(WIDTH, (MOST_PIXELS / ratio) ** 0.5)
    across = max(_SIDE, int(across) // _SIDE * _SIDE)
    return across, min(max(1, round(across * ratio)), MOST_PIXELS // across)


def _rows(raw: Any, bitmap: Any, width: int, height: int) -> bytes:
    stride = raw.FPDFBitmap_GetStride(bitmap)
    content = ctypes.string_at(raw.FPDFBitmap_GetBuffer(bitmap), stride * height)
    if stride == 3 * width:
        return content
    return b"".join(content[row * stride : row * stride + 3 * width] for row in range(height))
