"""The whole way of a file into an index, through parsers in child processes: what became of each file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fakes import no_progress
from qa.parsing.formats import make_parsers
from qa.parsing.registry import ParserRegistry
from qa.parsing.sandboxed import SandboxedParser
from qa.sandbox.limits import Limits
from qa.sandbox.pool import Sandbox
from qa.types import DocumentRecord
from shelf import Shelf

GOOD = {"a good one.txt": b"The heron stands in the shallow water.", "z good one.md": b"# Tides\n\nThe moon pulls.\n"}
"""Files around the ones under test: they must always be indexed."""
LIMITS = Limits(cpu_seconds=2, wall_seconds=20)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What the manifest says of each file, and the canonical text of those that are indexed."""

    records: Mapping[str, DocumentRecord]
    texts: Mapping[str, str]

    def reason(self, path: str) -> str | None:
        """Why a file was skipped, or None when it is indexed."""
        return self.records[path].reason


def ingest(shelf: Shelf, files: Mapping[str, bytes], *, limits: Limits = LIMITS, readers: int = 1) -> Ingested:
    """Index files together with good ones, and check that nothing was lost and the good ones are in."""
    shelf.write({**GOOD, **files})
    return ingested(shelf, limits=limits, readers=readers)


def ingested(shelf: Shelf, *, limits: Limits = LIMITS, readers: int = 1) -> Ingested:
    """Index what lies in the corpus, the good files among it; so many `readers` parse at once."""
    sandbox = Sandbox(limits, processes=readers)
    parsers = ParserRegistry(SandboxedParser(parser, sandbox) for parser in make_parsers())
    builder = replace(
        shelf.builder(),
        parse=lambda source, data: parsers.for_path(source.path).parse(source, data),
        release=sandbox.close,
        readers=readers,
    )
    report = builder.build(shelf.corpus, no_progress)
    records = {record.path: record for record in report.manifest.documents}
    snapshot = shelf.open()
    texts = {
        path: snapshot.document(record.document_id).text for path, record in records.items() if record.reason is None
    }
    assert [records[path].reason for path in GOOD] == [None, None]
    assert all(record.reason is None or record.reason.strip() for record in records.values())
    return Ingested(records, texts)
