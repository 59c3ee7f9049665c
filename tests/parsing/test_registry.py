"""A file's parser follows from its name ending, and what cannot be read is said with what can."""

from dataclasses import dataclass

import pytest

from qa.errors import UnsupportedFormat
from qa.parsing.registry import ParserRegistry
from qa.types import ParsedDocument, Source
from strategies import document_of


@dataclass(frozen=True)
class OneFormat:
    """A parser that reads nothing."""

    version: str
    suffixes: frozenset[str]

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Never mind the bytes."""
        return document_of("text")


TEXT = OneFormat("text-2", frozenset({".txt", ".log"}))
PAGE = OneFormat("page-1", frozenset({".md"}))


@pytest.mark.parametrize(
    ("path", "parser"),
    [("a.txt", TEXT), ("A.TXT", TEXT), ("deep/er/x.y.log", TEXT), ("b.Md", PAGE), ("dir.md/c.txt", TEXT)],
)
def test_the_name_ending_decides_whatever_its_case(path: str, parser: OneFormat) -> None:
    assert ParserRegistry([TEXT, PAGE]).for_path(path) is parser


@pytest.mark.parametrize(
    ("path", "kind"),
    [("a.docx", ".docx"), ("Makefile", "files without a name ending"), (".md", "files without"), ("x.md/y", "files")],
)
def test_other_files_are_refused_with_the_formats_at_hand(path: str, kind: str) -> None:
    with pytest.raises(UnsupportedFormat, match=f"no parser for {kind}") as caught:
        ParserRegistry([TEXT, PAGE]).for_path(path)
    assert ".log, .md, .txt" in caught.value.remedy


def test_two_parsers_never_read_one_ending() -> None:
    with pytest.raises(ValueError, match=r"two parsers for \.md"):
        ParserRegistry([PAGE, OneFormat("other", frozenset({".md"}))])


def test_versions_are_sorted_and_each_named_once() -> None:
    assert ParserRegistry([TEXT, PAGE]).versions == ("page-1", "text-2")
    assert ParserRegistry([PAGE, TEXT]).versions == ("page-1", "text-2")
