"""A parser whose work is done in a child process, under limits: the same port and the same documents."""

from dataclasses import asdict

from qa.errors import UnreadableDocument
from qa.parsing.transfer import believed
from qa.ports import JobRunner, Parser
from qa.types import ParsedDocument, Source

PARSE = "qa.parsing.jobs:parse"


class SandboxedParser:
    """Another parser of `qa.parsing.formats`, run in a sandbox."""

    def __init__(self, parser: Parser, sandbox: JobRunner) -> None:
        self._sandbox = sandbox
        self.suffixes = parser.suffixes
        self._parser = parser

    @property
    def version(self) -> str:
        """That of the parser inside: where it runs changes nothing."""
        return self._parser.version

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """What the parser inside gives or raises; ParserTimeout or another DocumentError when it does not come back."""
        value, given = self._sandbox.run(PARSE, asdict(source), data, name=source.path)
        try:
            return believed(source, value, given)
        except ValueError as error:
            raise UnreadableDocument(
                f"{source.path} made its parser give {error}.", remedy="Do not trust it; save it anew to index it."
            ) from None
