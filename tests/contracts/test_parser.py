"""What every parser does, whatever its format."""

import hashlib
import re

import pytest

from qa.errors import NoText, UnreadableDocument
from qa.parsing.markdown import MarkdownParser
from qa.parsing.plain import PlainTextParser
from qa.ports import Parser
from qa.types import Source

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


class ParserContract:
    """Run by every parser."""

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
        document = parser.parse(source(parser, SAMPLE.encode()), SAMPLE.encode())

        assert document.source == source(parser, SAMPLE.encode())
        assert document.title == "The pier"
        assert document.text.split() == re.sub(r"^(#+|-) ", "", SAMPLE, flags=re.M).split()

    def test_its_blocks_hold_every_word_once_and_in_order(self, parser: Parser) -> None:
        document = parser.parse(source(parser, SAMPLE.encode()), SAMPLE.encode())

        shown = [block.span.of(document.text) for block in document.blocks]
        assert " ".join(shown).split() == document.text.split()
        assert all(text == text.strip() for text in shown)
        assert shown[0] == "The pier"
        by_text = dict(zip(shown, document.blocks, strict=True))
        assert by_text["Oak posts carry it."].kind == "list_item"
        assert by_text["Oak posts carry it."].headings == ()
        assert document.blocks[-1].headings == ("The lamp",)

    def test_the_same_bytes_give_the_same_document(self, parser: Parser) -> None:
        data = SAMPLE.encode()

        assert parser.parse(source(parser, data), data) == parser.parse(source(parser, data), data)

    def test_line_ends_and_byte_order_marks_do_not_change_the_text(self, parser: Parser) -> None:
        plain = parser.parse(source(parser, b""), SAMPLE.encode()).text
        for variant in (
            SAMPLE.replace("\n", "\r\n").encode(),
            SAMPLE.replace("\n", "\r").encode(),
            SAMPLE.encode("utf-8-sig"),
            SAMPLE.encode("utf-16"),
        ):
            assert parser.parse(source(parser, b""), variant).text == plain

    def test_other_bytes_are_refused_and_named(self, parser: Parser) -> None:
        for data in (b"caf\xe9", b"PK\x03\x04\x00\x00\x00", b"\xff\xfe\x00"):
            with pytest.raises(UnreadableDocument, match="folder/pier") as caught:
                parser.parse(source(parser, data), data)
            assert caught.value.remedy

    @pytest.mark.parametrize("text", ["", " \n\t\n", "# Only a heading\n"])
    def test_without_text_it_says_so(self, parser: Parser, text: str) -> None:
        if text.startswith("#") and ".md" not in parser.suffixes:
            text = ""
        with pytest.raises(NoText, match="folder/pier"):
            parser.parse(source(parser, text.encode()), text.encode())

    def test_no_control_character_reaches_the_text(self, parser: Parser) -> None:
        document = parser.parse(source(parser, b""), b"A bell\x07 rings\x1b[31m here.\xc2\x85 And there.\n")

        assert "A bell rings[31m here." in document.text


class TestPlainText(ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return PlainTextParser()


class TestMarkdown(ParserContract):
    @pytest.fixture
    def parser(self) -> Parser:
        return MarkdownParser()
