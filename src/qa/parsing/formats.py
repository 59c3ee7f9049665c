"""The one list of file formats: every parser, as the wiring and the child processes of the sandbox both make them."""

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


def make_parsers() -> list[Parser]:
    """A parser for each format."""
    return [
        PlainTextParser(),
        MarkdownParser(),
        RstParser(),
        PdfParser(),
        HtmlParser(),
        DocxParser(),
        PptxParser(),
        XlsxParser(),
        DelimitedParser(),
        EpubParser(),
        MailParser(),
    ]
