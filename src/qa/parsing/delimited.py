"""Tables as text (.csv, .tsv): every record a table row, with the cells in which spreadsheet programs would show it.

The delimiter is the one that cuts the records most evenly. Nothing is calculated and no value is changed: a formula is
its text, a number its digits.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

from qa.errors import DocumentTooLarge, UnreadableDocument
from qa.parsing import legacy
from qa.parsing.builder import DocumentBuilder, clean, title_of
from qa.parsing.decode import decode
from qa.parsing.heads import is_figure
from qa.parsing.kinds import kind_of, other_kind
from qa.parsing.sheet import MAX_CELLS, Cell, Row, Sheet, write_sheet
from qa.types import ParsedDocument, Source

DELIMITERS = ",;\t|"
SAMPLE_RECORDS = 200
EXPECTED = "a table as text"


class DelimitedParser:
    """Reads `.csv` and `.tsv` files."""

    suffixes = frozenset({".csv", ".tsv", ".tab"})

    @property
    def version(self) -> str:
        """Name and version, with that of the library that tells encodings."""
        return f"delimited-2 ({legacy.version()})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of a table; raises UnreadableDocument, DocumentTooLarge or NoText."""
        if kind_of(data)[0]:
            raise other_kind(source.path, data, EXPECTED)
        text, note = decode(data, source.path)
        records = _records(clean(text), source.path)
        if sum(map(len, records)) > MAX_CELLS:
            raise DocumentTooLarge(
                f"{source.path} has over {MAX_CELLS:,} cells.", remedy="Split it into several files."
            )
        builder = DocumentBuilder(source, named=title_of(source.path), note=note)
        rows = [row for number, record in enumerate(records, start=1) if (row := _row(number, record)).cells]
        if rows:
            write_sheet(builder, Sheet(name="", rows=rows, first_is_head=len(rows[0].cells) > 1))
        return builder.build()


def _row(number: int, record: Sequence[str]) -> Row:
    texts = {column: " ".join(text.split()) for column, text in enumerate(record, start=1)}
    return Row(number, {column: Cell(text, words=not is_figure(text)) for column, text in texts.items() if text})


def _records(text: str, path: str) -> list[list[str]]:
    """The records by the delimiter that fits best; where quotation marks do not fit they are characters as others."""
    delimiter = _delimiter(text)
    for quotes in (True, False):
        try:
            return list(_reader(text, delimiter, quotes=quotes))
        except csv.Error as error:
            problem = error
    raise UnreadableDocument(f"{path} is not {EXPECTED} ({problem}).", remedy="Export it again, or name it .txt.")


def _reader(text: str, delimiter: str, *, quotes: bool) -> Iterator[list[str]]:
    lines = io.StringIO(text, newline="")
    if quotes:
        return csv.reader(lines, delimiter=delimiter, strict=True)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)


def _delimiter(text: str) -> str:
    """The delimiter by which the most records have the same number of cells, over one; of several the first."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> float:
    """The share of the first records that have the most frequent number of cells, 0 when that is one."""
    sizes: Counter[int] = Counter()
    try:
        for record, _ in zip(_reader(text, delimiter, quotes=True), range(SAMPLE_RECORDS), strict=False):
            if record:
                sizes[len(record)] += 1
    except csv.Error:
        pass  # what was read before it counts
    size, count = sizes.most_common(1)[0] if sizes else (1, 0)
    return count / sizes.total() if size > 1 else 0.0
