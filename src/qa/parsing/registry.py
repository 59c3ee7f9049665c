"""Chooses the parser of a file by its name ending and says which formats are read."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from qa.errors import UnsupportedFormat
from qa.ports import Parser


class ParserRegistry:
    """The parsers at hand; no two may read the same name ending."""

    def __init__(self, parsers: Iterable[Parser]) -> None:
        self._by_suffix: dict[str, Parser] = {}
        for parser in parsers:
            for suffix in parser.suffixes:
                if suffix in self._by_suffix:
                    raise ValueError(f"two parsers for {suffix}")
                self._by_suffix[suffix] = parser

    @property
    def versions(self) -> tuple[str, ...]:
        """Names and versions of all parsers, sorted."""
        return tuple(sorted({parser.version for parser in self._by_suffix.values()}))

    def for_path(self, path: str) -> Parser:
        """The parser for a corpus path; raises UnsupportedFormat when there is none."""
        suffix = PurePosixPath(path).suffix.lower()
        try:
            return self._by_suffix[suffix]
        except KeyError:
            known = ", ".join(sorted(self._by_suffix))
            raise UnsupportedFormat(
                f"{path}: no parser for {suffix or 'files without a name ending'}.",
                remedy=f"Convert it to one of {known}, or move it out of the corpus.",
            ) from None
