"""Every parser keeps its contract when it runs in a child process, too."""

from collections.abc import Iterator

import pytest

from contracts import test_parser
from qa.parsing.formats import make_parsers
from qa.parsing.sandboxed import SandboxedParser
from qa.ports import Parser
from qa.sandbox.limits import Limits
from qa.sandbox.pool import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One child for all."""
    sandbox = Sandbox(Limits())
    yield sandbox
    sandbox.close()


class Sandboxed:
    """Puts the parser of a name ending into the sandbox."""

    suffix: str

    @pytest.fixture
    def parser(self, sandbox: Sandbox) -> Parser:
        """The parser under test."""
        (inside,) = [parser for parser in make_parsers() if self.suffix in parser.suffixes]
        return SandboxedParser(inside, sandbox)

    def test_its_version_is_that_of_the_parser_inside(self, parser: Parser) -> None:
        (inside,) = [inside for inside in make_parsers() if inside.suffixes == parser.suffixes]
        assert parser.version == inside.version


class TestSandboxedText(Sandboxed, test_parser.TestPlainText):
    suffix = ".txt"


class TestSandboxedMarkdown(Sandboxed, test_parser.TestMarkdown):
    suffix = ".md"


class TestSandboxedHtml(Sandboxed, test_parser.TestHtml):
    suffix = ".html"


class TestSandboxedDocx(Sandboxed, test_parser.TestDocx):
    suffix = ".docx"


class TestSandboxedPdf(Sandboxed, test_parser.TestPdf):
    suffix = ".pdf"


class TestSandboxedXlsx(Sandboxed, test_parser.TestXlsx):
    suffix = ".xlsx"


class TestSandboxedDelimited(Sandboxed, test_parser.TestDelimited):
    suffix = ".csv"
