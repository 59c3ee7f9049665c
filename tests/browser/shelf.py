"""The corpus of the browser tests: the same kind of facts in every format, and one fact in each of twelve scripts."""

import csv
import io
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from html import escape

from docx_maker import docx, item, p, table
from epub_maker import epub
from pdf_maker import Page, pdf
from pptx_maker import para, pptx, shape
from xlsx_maker import xlsx

FACTS_EACH = 182
"""Facts in a document of each format: over 2,000 in all."""
_LETTERS = "bdfgklmnprstvz"
_VOWELS = "aeiou"

SCRIPTS: Mapping[str, tuple[str, str]] = {
    "arabic": ("أين يقع المنارة؟", "تقع المنارة على الرصيف الشمالي."),
    "hebrew": ("איפה המגדלור?", "המגדלור עומד על הרציף 2+2 (north)."),
    "chinese": ("灯塔 在哪里", "灯塔 立在北码头。"),
    "japanese": ("灯台 どこ", "灯台 は北の波止場にある。"),
    "korean": ("등대는 어디", "등대는 북쪽 부두에 있다."),
    "hindi": ("प्रकाशस्तंभ कहाँ", "प्रकाशस्तंभ उत्तरी घाट पर है।"),
    "thai": ("ประภาคาร อยู่ที่ไหน", "ประภาคาร ตั้งอยู่ที่ท่าเหนือ."),
    "greek": ("Πού είναι ο φάρος;", "Ο φάρος είναι στην βόρεια προβλήτα."),
    "russian": ("Где стоит маяк?", "Маяк стоит на северном молу."),
    "armenian": ("Որտե՞ղ փարոսը", "Փարոսը հյուսիսային նավամատույցում է."),
    "combining": ("Ou\u0300 est le cafe\u0301 du phare?", "Le cafe\u0301 du phare e\u0302tait pre\u0300s du quai."),
    "emoji": ("What flag does 👩\u200d🚀 raise?",
              ("👩\u200d🚀 Zoe\u0301 raises the flag "
              "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f and 🇮🇳 at noon 😀.")),
}  # fmt: skip
"""A question and the sentence that answers it, by script."""


def word(number: int) -> str:
    """A word that no other number has and that no language knows."""
    digits = []
    for base in (len(_LETTERS), len(_VOWELS), len(_LETTERS), len(_VOWELS)):
        number, digit = divmod(number, base)
        digits.append(digit)
    first, second, third, fourth = digits
    return f"qu{_LETTERS[first]}{_VOWELS[second]}{_LETTERS[third]}{_VOWELS[fourth]}x"


def fact(number: int) -> str:
    """The sentence about a word."""
    return f"Beacon {word(number)} burns for {number} hours & a \u201cwatch\u201d <{number}>."


def question(number: int) -> str:
    """The question that it answers."""
    return f"How long does beacon {word(number)} burn?"


def _text(lines: list[str]) -> str:
    return "\n\n".join(("Beacons", *(f"{two[0]} {two[-1]}" for two in batches(lines, 2))))


def _page(lines: list[str]) -> str:
    rows = "".join(f"<tr><td>{escape(line).replace('burns', '<b>bu</b>rns')}</td></tr>" for line in lines)
    return f"<title>Pages</title><main><h1>Pages</h1><table>{rows}</table></main>"


def _office(lines: list[str]) -> bytes:
    half = len(lines) // 2
    rows = table(*((escape(line), "x") for line in lines[half:]))
    return docx(p("Office", style="Titel") + "".join(map(item, map(escape, lines[:half]))) + rows)


def _slides(lines: list[str]) -> bytes:
    shown = [shape("Slides", "title") + shape("".join(para(line) for line in batch)) for batch in batches(lines, 6)]
    return pptx(*shown)


def _delimited(lines: list[str]) -> bytes:
    memory = io.StringIO()
    csv.writer(memory).writerows([["Note", "Kept by"], *([line, "the watch"] for line in lines)])
    return memory.getvalue().encode()


def _book(lines: list[str]) -> bytes:
    chapters = enumerate(batches(lines, 12))
    return epub({f"{n}.xhtml": "".join(f"<p>{escape(line)}</p>" for line in batch) for n, batch in chapters}, title="B")


def _mail(lines: list[str]) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "Beacons", "Ivar <ivar@vardo.example>"
    message.set_content("\n\n".join(lines), cte="base64")
    return message.as_bytes()


FORMATS: Mapping[str, Callable[[list[str]], str | bytes]] = {
    "beacons.txt": _text,
    "beacons.md": lambda lines: "# Lists\n\n" + "\n".join(f"- {line.replace('<', chr(92) + '<')}" for line in lines),
    "beacons.rst": lambda lines: "Beacons\n=======\n\n" + "\n".join(f"- {line}" for line in lines) + "\n",
    "beacons.html": _page,
    "beacons.docx": _office,
    "beacons.pptx": _slides,
    "beacons.xlsx": lambda lines: xlsx({"Beacons": [("Note", "Number"), *zip(lines, range(len(lines)), strict=True)]}),
    "beacons.csv": _delimited,
    "beacons.epub": _book,
    "beacons.eml": _mail,
    "beacons.pdf": lambda lines: pdf(*(Page().lines(60, 720, part) for part in batches(spaced(lines), 30))),
}
"""For each format what writes a document of facts."""


def files(each: int = FACTS_EACH) -> Mapping[str, bytes]:
    """A document of every format with `each` facts of its own, and one in every script."""
    facts = batches([fact(number) for number in range(len(FORMATS) * each)], each)
    found = {path: make(lines) for (path, make), lines in zip(FORMATS.items(), facts, strict=True)}
    found.update({f"scripts/{name}.txt": f"{name}\n\n{sentence}" for name, (_, sentence) in SCRIPTS.items()})
    return {path: text if isinstance(text, bytes) else text.encode() for path, text in found.items()}


def spaced(lines: list[str]) -> list[str]:
    """Each line with an empty one after it, so that each is a paragraph."""
    return [part for line in lines for part in (line, "")]


def batches(lines: list[str], size: int) -> list[list[str]]:
    """In pieces of that size."""
    return [lines[start : start + size] for start in range(0, len(lines), size)]
