"""One document, written out in every format: the same headings, sentences, list and table in each."""

import csv
import io
import textwrap
from collections.abc import Iterator
from email.message import EmailMessage
from html import escape
from typing import NamedTuple

import pptx_maker
from docx_maker import docx, item, p, table
from epub_maker import epub
from pdf_maker import BOLD, Page, pdf
from pptx_maker import para, pptx, shape
from xlsx_maker import xlsx

TITLE = "The Harbour of Vardo"


class Section(NamedTuple):
    """A heading with what stands under it; an item begins with a dash."""

    name: str
    lines: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()


SOURCE = """
## History
The first pier was built by hand in 1902, from oak that came down the river. It burned down twice, in 1911 and in 1934,
and was rebuilt both times.

The lighthouse at its end was designed by Agnes Thorvald. Its lamp was lit with paraffin until 1957, when a cable was
laid across the sound.

During the storm of 1962 the café Måken lost its roof, and the keeper’s boat was found three miles inland.

## Rules of the quay
Everyone who uses the quay keeps to the following rules:

- Dogs are kept on a lead.
- Nets are mended on the northern side only.
- No fire is lit between May and September.
- Boats over twelve metres ask the harbour master first.

The harbour master may close the quay when the wind is stronger than forty knots.

## Trade
Salted cod is the main export of the harbour. Most of it is shipped to Portugal in the last week of October.

The ice house stores four hundred tonnes, which is enough for six weeks of fishing.

## Figures
All amounts are in thousand crowns.

| Year | Revenue | Wages | Visitors |
| 2016 | 812 | 310 | 9,400 |
| 2017 | 845 | 325 | 10,250 |
| 2018 | 901 | 333 | 11,900 |
| 2019 | 978 | 352 | 14,100 |
| 2020 | 640 | 360 | 3,200 |

## Visiting
The museum is open from ten to four, except on Mondays. Tickets cost sixty crowns, and children under twelve pay
nothing.

The bus from the airport takes twenty-five minutes and stops in front of the church.
"""


def _sections() -> Iterator[Section]:
    for part in SOURCE.split("\n## ")[1:]:
        name, _, inside = part.partition("\n")
        lines: list[str] = []
        rows: list[tuple[str, ...]] = []
        for block in inside.strip().split("\n\n"):
            if block.startswith("| "):
                rows += [tuple(line.strip("| ").split(" | ")) for line in block.split("\n")]
            else:
                lines += block.split("\n") if block.startswith("- ") else [" ".join(block.split())]
        yield Section(name, tuple(lines), tuple(rows))


SECTIONS = tuple(_sections())


def markdown() -> bytes:
    """As Markdown."""
    rule = "| Year | Revenue | Wages | Visitors |\n"
    return f"# {TITLE}\n{SOURCE}".replace(rule, f"{rule}|---|---|---|---|\n").encode()


def text() -> bytes:
    """As plain text, wrapped, with Windows line ends; it has no table."""
    lines = [TITLE, ""]
    for section in SECTIONS:
        lines += [section.name, ""]
        for line in section.lines:
            lines += [line] if line.startswith("- ") else ["", *textwrap.wrap(line, 72), ""]
        lines.append("")
    return "\r\n".join(lines).encode("utf-8-sig")


def rst() -> bytes:
    """As reStructuredText, with a simple table."""
    lines = ["=" * len(TITLE), TITLE, "=" * len(TITLE), ""]
    for section in SECTIONS:
        lines += [section.name, "-" * len(section.name), ""]
        for line in section.lines:
            lines += [line] if line.startswith("- ") else ["", *textwrap.wrap(line, 72), ""]
        border = " ".join(["=" * 10] * len(section.rows[0])) if section.rows else ""
        for number, row in enumerate(section.rows):
            lines += [border] if number < 2 else []
            lines.append(" ".join(f"{cell:10}" for cell in row).rstrip())
        lines += [border, ""]
    return "\n".join(lines).encode()


def body() -> str:
    """The inside of a web page."""
    parts = [f"<h1>{TITLE}</h1>"]
    for section in SECTIONS:
        parts.append(f"<h2>{section.name}</h2>")
        tags = [("li", line[2:]) if line.startswith("- ") else ("p", line) for line in section.lines]
        parts += [f"<{tag}>{escape(words)}</{tag}>" for tag, words in tags]
        rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in section.rows)
        parts.append(f"<table>{rows}</table>" if rows else "")
    return "\n".join(parts)


def html() -> bytes:
    """As a web page in Windows-1252, which it declares."""
    return f"<!doctype html><meta charset='windows-1252'><title>x</title>{body()}".encode("cp1252")


def word() -> bytes:
    """As a Word document."""
    parts = [p(TITLE, style="Titel")]
    for section in SECTIONS:
        parts.append(p(section.name, style="berschrift1"))
        parts += [item(line[2:]) if line.startswith("- ") else p(line) for line in section.lines]
        parts += [table(*section.rows)] if section.rows else []
    return docx("".join(parts))


def slides() -> bytes:
    """As a presentation, a slide for each section after the one of the title."""
    found = [shape(TITLE, "ctrTitle")]
    for section in SECTIONS:
        lines = (
            para(line[2:], inner='<a:buChar char="-"/>') if line.startswith("- ") else para(line)
            for line in section.lines
        )
        rows = pptx_maker.table(*section.rows, first_row=True) if section.rows else ""
        found.append(shape(section.name, "title") + shape("".join(lines)) + rows)
    return pptx(*found)


def sheets() -> bytes:
    """As a spreadsheet, a sheet for each section; a list is one line for each item."""
    found: dict[str, list[list[str | int]]] = {}
    for section in SECTIONS:
        rows: list[list[str | int]] = [[line.removeprefix("- ")] for line in section.lines]
        rows += [[]] if section.rows else []
        rows += [[int(cell) if cell.isdigit() else cell for cell in row] for row in section.rows]
        found[section.name] = rows
    return xlsx(found, title=TITLE)


def delimited() -> bytes:
    """The table alone, as text."""
    memory = io.StringIO()
    csv.writer(memory, delimiter=";").writerows(next(section.rows for section in SECTIONS if section.rows))
    return memory.getvalue().encode()


def book() -> bytes:
    """As an e-book of one chapter for each section, whose headings stand in the contents only."""
    pages: dict[str, str] = {}
    nav = ""
    for number, chapter in enumerate(body().split("<h2>")[1:]):
        name, _, inside = chapter.partition("</h2>")
        pages[f"{number}.xhtml"] = inside
        nav += f'<li><a href="text/{number}.xhtml">{name}</a></li>'
    return epub(pages, title=TITLE, nav=nav)


def mail() -> bytes:
    """As the web page of a mail."""
    message = EmailMessage()
    message["Subject"], message["From"] = TITLE, "Ivar <ivar@vardo.example>"
    message.set_content(body().partition("</h1>")[2], subtype="html", charset="cp1252", cte="quoted-printable")
    return message.as_bytes()


def printed() -> bytes:
    """As a PDF of two pages, each section but the last on the first."""
    pages = [Page(), Page()]
    y = 740.0
    pages[0].text(72, y, TITLE, size=20, font=BOLD)
    for section in SECTIONS:
        page = pages[section is SECTIONS[-1]]
        y = 740.0 if section is SECTIONS[-1] else y - 30
        page.text(72, y, section.name, size=14, font=BOLD)
        for line in section.lines:
            y -= 20
            for part in _wrapped(line):
                page.text(72, y, part)
                y -= 12
            y += 12
        y -= 10 if section.rows else 0
        for row in section.rows:
            y -= 14
            for column, cell in enumerate(row):
                page.text(72 + 110 * column, y, cell)
    return pdf(*pages)


def _wrapped(line: str) -> Iterator[str]:
    yield from textwrap.wrap(line.replace("- ", "\u2022 ", 1) if line.startswith("- ") else line, 88)


FORMATS = {
    "text.txt": text,
    "markdown.md": markdown,
    "rst.rst": rst,
    "page.html": html,
    "word.docx": word,
    "slides.pptx": slides,
    "sheets.xlsx": sheets,
    "table.csv": delimited,
    "book.epub": book,
    "mail.eml": mail,
    "printed.pdf": printed,
}
"""For each file name what writes its bytes."""
