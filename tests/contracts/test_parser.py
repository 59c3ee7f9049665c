"""What every parser does, whatever its format."""

import hashlib
import re

import pytest

from docx_maker import docx, p
from epub_maker import epub
from pdf_maker import BOLD, Page, pdf
from pptx_maker import pptx, shape
from qa.errors import NoText, UnreadableDocument
from qa.parsing.delimited import DelimitedParser
from qa.parsing.docx import DocxParser
from qa.parsing.epub import EpubParser
from qa.parsing.html import HtmlParser
from qa.parsing.mail import MailParser
from qa.parsing.markdown import MarkdownParser
from qa.parsing.pdf.parser import PdfParser
from qa.parsing.plain import PlainTextParser
from qa.parsing.pptx import PptxParser
from qa.parsing.rst import RstParser
from qa.parsing.xlsx import XlsxParser
from qa.ports import Parser
from qa.types import Source
from xlsx_maker import xlsx

SAMPLE = """# The pier

The pier was built by hand. It burned down twice \U0001f525, and Zoe\u0301 rebuilt it.

- Oak posts carry it.
- Iron rings hold the boats.

## The lamp

A lamp hangs at its end.
It is lit by the keeper.
"""


def source(parser: Parser, data: bytes) -> Source:
    """The source of some bytes, named as the parser reads them."""
    path = f"folder/pier{min(parser.suffixes)}"
    return Source(path=path, media_type="text/plain", size=len(data), sha256=hashlib.sha256(data).hexdigest())


class FormatContract:
    """Run by every parser; `written` gives a file with a text in its format."""

    sample = SAMPLE
    title = "The pier"

    def written(self, text: str) -> bytes:
        """The bytes of a file that shows this text."""
        return text.encode()

    def shown(self) -> str:
        """The words of the sample as a reader sees them."""
        return re.sub(r"^(#+|-) ", "", self.sample, flags=re.M)

    @pytest.fixture
    def parser(self) -> Parser:
        """The parser under test."""
        raise NotImplementedError

    def test_it_names_its_endings_and_version(self, parser: Parser) -> None:
        assert parser.suffixes
        assert all(re.fullmatch(r"\.[a-z0-9]+", suffix) for suffix in parser.suffixes)
        assert parser.version.strip()
        assert "\n" not in parser.version

    def test_it_keeps_source_and_words(self, parser: Parser) -> None:
        data = self.written(self.sample)
        document = parser.parse(source(parser, data), data)

        assert document.source == source(parser, data)
        assert document.title == self.title
        assert document.text.split() == self.shown().split()

    def test_its_blocks_hold_every_word_once_and_in_order(self, parser: Parser) -> None:
        data = self.written(self.sample)
        document = parser.parse(source(parser, data), data)

        texts = [block.span.of(document.text) for block in document.blocks]
        assert " ".join(texts).split() == document.text.split()
        assert all(text == text.strip() for text in texts)

    def test_the_same_bytes_give_the_same_document(self, parser: Parser) -> None:
        data = self.written(self.sample)

        assert parser.parse(source(parser, data), data) == parser.parse(source(parser, data), data)

    def test_other_bytes_are_refused_and_named(self, parser: Parser) -> None:
        for data in (b"caf\xe9", b"PK\x03\x04\x00\x00\x00", b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n\0"):
            with pytest.raises(UnreadableDocument, match="folder/pier") as caught:
                parser.parse(source(parser, data), data)
            assert caught.value.remedy

    @pytest.mark.parametrize("text", ["", " \n\t\n"])
    def test_without_text_it_says_so(self, parser: Parser, text: str) -> None:
        data = self.written(text)
        with pytest.raises(NoText, match="folder/pier"):
            parser.parse(source(parser, data), data)


class ParserContract(FormatContract):
    """Run by every parser of texts with headings, items and paragraphs."""

    def test_headings_and_items_are_told_apart(self, parser: Parser) -> None:
        data = self.written(self.sample)
        document = parser.parse(source(parser, data), data)

        by_text = {block.span.of(document.text): block for block in document.blocks}
        assert next(iter(by_text)) == "The pier"
        assert by_text["Oak posts carry it."].kind == "list_item"
        assert by_text["Oak posts carry it."].headings == ()
        assert document.blocks[-1].headings == ("The lamp",)


class TableParserContract(FormatContract):
    """Run by every parser of tables; the sample is a table, its cells set apart by commas."""

    sample = "Ship,Tons,Since\nGull,40,1902\nHeron \U0001f525,42,Zoe\u0301\n\nErne,44,1903\n"
    title = "pier"

    def shown(self) -> str:
        return self.sample.replace(",", " | ")

    def test_every_row_knows_its_cells_and_the_head_of_its_table(self, parser: Parser) -> None:
        data = self.written(self.sample)
        document = parser.parse(source(parser, data), data)

        assert {block.kind for block in document.blocks if block.kind != "heading"} == {"table_row"}
        rows = [block for block in document.blocks if block.kind == "table_row"]
        heads = [block.header and block.header.of(document.text) for block in rows]
        assert heads == [None, *["Ship | Tons | Since"] * 3]
        assert [(block.place or "").rpartition("!")[2] for block in rows] == ["A1:C1", "A2:C2", "A3:C3", "A5:C5"]


class TextParserContract(FormatContract):
    """Run by every parser of files that are text themselves."""

    def test_line_ends_and_byte_order_marks_do_not_change_the_text(self, parser: Parser) -> None:
        markup = self.written(self.sample).decode()
        plain = parser.parse(source(parser, b""), markup.encode()).text
        for variant in (
            markup.replace("\n", "\r\n").encode(),
            markup.replace("\n", "\r").encode(),
            markup.encode("utf-8-sig"),
            markup.encode("utf-16"),
        ):
            assert parser.parse(source(parser, b""), variant).text == plain

    def test_no_control_character_reaches_the_text(self, parser: Parser) -> None:
        document = parser.parse(source(parser, b""), b"A bell\x07 rings\x1b[31m here.\xc2\x85 And there.\n")

        assert "A bell rings[31m here." in document.text


class TestPlainText(TextParserContract, ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return PlainTextParser()


class TestMarkdown(TextParserContract, ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return MarkdownParser()

    def test_a_heading_alone_is_no_text(self, parser: Parser) -> None:
        with pytest.raises(NoText, match="folder/pier"):
            parser.parse(source(parser, b""), b"# Only a heading\n")


class TestRst(TextParserContract, ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return RstParser()

    def written(self, text: str) -> bytes:
        lines = []
        for line in text.split("\n"):
            mark, _, words = line.partition(" ")
            lines += [words, ("=" if mark == "#" else "-") * len(words)] if mark in ("#", "##") else [line]
        return "\n".join(lines).encode()


class TestHtml(TextParserContract, ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return HtmlParser()

    def written(self, text: str) -> bytes:
        tags = {"#": "h1", "##": "h2", "-": "li"}
        page = "".join(
            f"<{tags[mark]}>{words}</{tags[mark]}>\n"
            if (mark := line.partition(" ")[0]) in tags
            else f"<p>{line}</p>\n"
            for line in text.split("\n")
            if (words := line.partition(" ")[2]) or not line.startswith(("#", "-"))
        )
        return page.encode()


class TestDocx(ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return DocxParser()

    def written(self, text: str) -> bytes:
        styles = {"#": "Titel", "##": "berschrift1", "-": "Dots"}
        lines = [(styles.get(line.partition(" ")[0], ""), line) for line in text.split("\n")]
        return docx("".join(p(line.partition(" ")[2] if style else line.strip(), style=style) for style, line in lines))


class TestPdf(ParserContract):
    sample = SAMPLE.replace(" \U0001f525", "").replace("e\u0301", "\u00eb")

    @pytest.fixture
    def parser(self) -> Parser:
        return PdfParser()

    def written(self, text: str) -> bytes:
        page, y = Page(), 740
        for line in text.split("\n"):
            mark, _, words = line.partition(" ")
            if mark in ("#", "##"):
                page.text(72, y, words, size=20 if mark == "#" else 14, font=BOLD)
            elif line.strip():
                page.text(72, y, line.replace("- ", "\u2022 "))
            y -= 14 if line.strip() else 20
        return pdf(page)


class TestXlsx(TableParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return XlsxParser()

    def shown(self) -> str:
        return "Ships\n" + super().shown()

    def written(self, text: str) -> bytes:
        lines = text.strip().split("\n") if text.strip() else []
        return xlsx({"Ships": [[int(c) if c.isdigit() else c for c in line.split(",") if c] for line in lines]})


class TestDelimited(TableParserContract, TextParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return DelimitedParser()


class TestPptx(ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return PptxParser()

    def written(self, text: str) -> bytes:
        slides: list[str] = []
        for line in text.split("\n"):
            mark, _, words = line.partition(" ")
            if mark in ("#", "##"):
                slides.append(shape(words, "title"))
            elif line.strip():
                slides[-1] += shape(words, "body") if mark == "-" else shape(line)
        return pptx(*slides)


class TestEpub(ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return EpubParser()

    def written(self, text: str) -> bytes:
        return epub({"a.xhtml": TestHtml().written(text).decode()}, title="The pier" if text.strip() else "")


class TestMail(ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return MailParser()

    def written(self, text: str) -> bytes:
        title, _, rest = text.partition("\n")
        subject = title.removeprefix("# ") if title.strip() else ""
        return f"Subject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{rest}".encode()
