"""Mutated files: small seeds of every format, changed as a number says, so that each can be made again.

Of formats that are ZIP archives, three in four are changed inside a part and packed again: a change of a packed byte is
found by the archive's own sums and never reaches what reads the parts.
"""

import io
import random
import re
import zipfile
from collections.abc import Callable

from docx_maker import docx, item, p, packed, table
from epub_maker import epub
from pdf_maker import BOLD, Page, pdf
from pptx_maker import pptx, shape
from pptx_maker import table as slide_table
from xlsx_maker import xlsx

MOST_CHANGES = 6
_INSIDE = 0.75
_WELL_FORMED = 0.5
_ODD = (b"\0", b"\xff", b"<", b">", b"&", b"|", b"[", b"(", b"\\", b"\xe2\x80\xae", b"9" * 20, b"%s", b"\r", b"\n\n")
_VALUE = re.compile(rb'(?<==")(?!http|1\.0"|UTF-8)[^"<>&]*(?=")|(?<=>)[0-9.]+(?=<)|(?<=[ ,])[0-9.]+')
"""What stands in an attribute, but for namespaces, whose change makes a part another one; or a figure."""
_ODD_VALUES = (
    b"",
    b"0",
    b"-1",
    b"1e308",
    b"9" * 11,
    b"9" * 400,
    b"NaN",
    b"\xc3\xa9\xf0\x9f\x9a\xa9",
    b"../a",
    b"1.5",
    b"A1:XFD9",
)

SEEDS: dict[str, bytes] = {
    ".txt": "The pier\n\nIt was built by hand, and Zoe\u0301 rebuilt it.\n\n- Oak posts\n- Iron rings\n".encode(),
    ".md": b"# Pier\n\nBuilt *by* [hand](a).\n\n- a\n  - b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> q\n\n```\nc\n```\n",
    ".rst": b"Pier\n====\n\n*By* `hand <a>`_\n\n==  ==\na   b\n==  ==\n1   2\n==  ==\n\n+--+\n|a |\n+--+\n",
    ".html": b"<!doctype html><title>P</title><h1>Pier</h1><p>By <b>hand</b>.<ul><li>Oak<li>Iron</ul>"
    b"<table><tr><th>a<th>b<tr><td>1<td>2</table><script>x()</script>",
    ".docx": docx(p("Pier", style="berschrift1") + p("By hand.") + item("Oak") + table(("a", "b"), ("1", "2"))),
    ".pdf": pdf(Page().text(72, 740, "Pier", size=20, font=BOLD).lines(72, 700, ["By hand it was built,", "of oak."])),
    ".pptx": pptx(
        shape("Pier", "title") + shape("Oak", "body") + slide_table(("a", "b"), ("1", "2")), notes={1: "Say so."}
    ),
    ".epub": epub(
        {"a.xhtml": "<h1>Pier</h1><p>By hand.</p>"}, title="Pier", nav='<li><a href="text/a.xhtml">P</a></li>'
    ),
    ".eml": b"From: a@b.example\r\nSubject: =?utf-8?q?P=C3=A9?=\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\n\r\nBy hand.\r\n> Who?\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Oak\r\n--x\r\n"
    b"Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--\r\n",
    ".xlsx": xlsx({"One": [["Ship", "Tons"], ["Heron", 300], ["Stork", 120.5]]}),
    ".csv": b'Ship,Tons\nHeron,300\n"Sto,rk","1 ""2"""\n',
}


def mutated(suffix: str, number: int) -> bytes:
    """The seed of a format with one to six changes."""
    chance, seed = random.Random(f"{suffix} {number}"), SEEDS[suffix]
    if seed[:2] != b"PK" or chance.random() > _INSIDE:
        return _changed(seed, chance)
    with zipfile.ZipFile(io.BytesIO(seed)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(list(parts))
    return packed({**parts, name: _changed(parts[name], chance)})


def _changed(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    changes = (_revalue,) if chance.random() < _WELL_FORMED else _CHANGES
    for _ in range(chance.randint(1, MOST_CHANGES)):
        chance.choice(changes)(data, chance)
    return bytes(data)


def _revalue(data: bytearray, chance: random.Random) -> None:
    """Another value between two quotation marks, or another figure: markup stays well-formed."""
    values = list(_VALUE.finditer(data))
    if values:
        chosen = chance.choice(values)
        data[chosen.start() : chosen.end()] = chance.choice((*_ODD_VALUES, chance.choice(values)[0]))


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _insert(data: bytearray, chance: random.Random) -> None:
    at = chance.randint(0, len(data))
    data[at:at] = chance.choice(_ODD) * chance.choice((1, 1, 1, 40))


def _cut(data: bytearray, chance: random.Random) -> None:
    at = chance.randint(0, len(data))
    del data[at : at + chance.choice((1, 2, 10, 100, len(data)))]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at = chance.randint(0, len(data))
    data[at:at] = data[at : at + chance.randint(1, 60)] * chance.choice((1, 2, 50))


def _exchange(data: bytearray, chance: random.Random) -> None:
    at, other, length = chance.randint(0, len(data)), chance.randint(0, len(data)), chance.randint(1, 20)
    data[at : at + length] = data[other : other + length]


_CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _flip, _insert, _cut, _repeat, _exchange)
