"""Writes small e-books part by part, so that tests know every word in them and need no other library."""

from collections.abc import Mapping, Sequence

from docx_maker import packed

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
XHTML = "application/xhtml+xml"


def epub(
    pages: Mapping[str, str],
    *,
    title: str = "",
    order: Sequence[str] = (),
    aside: Sequence[str] = (),
    nav: str = "",
    ncx: str = "",
    raw: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A book of pages by name, each the inside of its body; `order` is the reading order, `aside` what lies outside.

    `nav` is the inside of the contents of EPUB 3, `ncx` the points of those of EPUB 2.
    """
    items = "".join(f'<item id="{name}" href="text/{name}" media-type="{XHTML}"/>' for name in sorted(pages))
    parts: dict[str, str | bytes] = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER}
    for name, body in pages.items():
        parts[f"OPS/text/{name}"] = page(body)
    if nav:
        items += f'<item id="nav" href="nav.xhtml" media-type="{XHTML}" properties="nav"/>'
        inner = f'<nav epub:type="toc"><ol>{nav}</ol></nav>'
        parts["OPS/nav.xhtml"] = page(inner)
    if ncx:
        items += '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        parts["OPS/toc.ncx"] = (
            '<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">'
            f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{ncx}</navMap></ncx>'
        )
    spine = "".join(f'<itemref idref="{name}"/>' for name in order or [name for name in pages if name not in aside])
    spine += "".join(f'<itemref idref="{name}" linear="no"/>' for name in aside) + (
        '<itemref idref="nav"/>' if nav else ""
    )
    parts["OPS/book.opf"] = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<metadata><dc:title>{title}</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    return packed({**parts, **(raw or {})})


def page(body: str) -> str:
    """A page of a book."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>x</title></head><body>{body}</body></html>'
    )
