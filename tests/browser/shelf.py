"""The corpus of the browser tests: the same kind of facts in every format, and one fact in each of twelve scripts."""

from collections.abc import Mapping
from html import escape

from docx_maker import docx, item, p, table
from pdf_maker import Page, pdf

FACTS_EACH = 60
"""Facts in a document of each format."""
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


def files(each: int = FACTS_EACH) -> Mapping[str, bytes]:
    """A document of every format with `each` facts of its own, and one in every script."""
    numbers = iter(range(5 * each))
    plain, marked, page, office, paged = ([fact(next(numbers)) for _ in range(each)] for _ in range(5))
    found: dict[str, str | bytes] = {
        "beacons.txt": "\n\n".join(("Beacons", *(f"{two[0]} {two[-1]}" for two in pairs(plain)))),
        "beacons.md": "# Lists\n\n" + "\n".join(f"- {line.replace('<', chr(92) + '<')}" for line in marked),
        "beacons.html": "<title>Pages</title><main><h1>Pages</h1><table>"
        + "".join(f"<tr><td>{escape(line).replace('burns', '<b>bu</b>rns')}</td></tr>" for line in page)
        + "</table></main>",
        "beacons.docx": docx(p("Office", style="Titel") + "".join(map(item, map(escape, office[: each // 2])))
                             + table(*((escape(line), "x") for line in office[each // 2 :]))),
        "beacons.pdf": pdf(*(Page().lines(60, 720, lines) for lines in batches(spaced(paged), 30))),
    }  # fmt: skip
    scripts = {f"scripts/{name}.txt": f"{name}\n\n{sentence}" for name, (_, sentence) in SCRIPTS.items()}
    found.update(scripts)
    return {path: text if isinstance(text, bytes) else text.encode() for path, text in found.items()}


def pairs(lines: list[str]) -> list[list[str]]:
    """Two by two."""
    return batches(lines, 2)


def spaced(lines: list[str]) -> list[str]:
    """Each line with an empty one after it, so that each is a paragraph."""
    return [part for line in lines for part in (line, "")]


def batches(lines: list[str], size: int) -> list[list[str]]:
    """In pieces of that size."""
    return [lines[start : start + size] for start in range(0, len(lines), size)]
