"""Files that are ZIP archives of XML parts: opened only after their sizes are checked, parsed without any DTD."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from qa.errors import DocumentTooLarge, UnreadableDocument
from qa.parsing.kinds import other_kind

MAX_UNPACKED = 200_000_000
"""Most bytes that all parts together may unpack to."""
MAX_RATIO = 100
"""Most bytes that one packed byte may unpack to, in a file that unpacks to more than `SMALL`."""
SMALL = 10_000_000
MAX_PARTS = 20_000
_ENCRYPTED = 1
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # a locked part; as NotImplementedError, which is one, an unknown compression method or version
)
"""What zipfile raises for an archive, or a part of one, that it cannot read."""
_SAFE: dict[str, Any] = {
    "resolve_entities": False, "load_dtd": False, "no_network": True, "remove_comments": True, "remove_pis": True,
}  # fmt: skip


class Archive:
    """A file that is a ZIP archive, its sizes checked; `path` names it in errors, `expected` is what it should be."""

    kind = "ZIP file"

    def __init__(self, data: bytes, path: str, expected: str) -> None:
        self.path = path
        if not data.startswith(b"PK\x03\x04"):
            raise other_kind(path, data, expected)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _UNREADABLE:
            raise self.broken() from None
        self._check_sizes(len(data))

    def broken(self) -> UnreadableDocument:
        """The error for a file that is damaged."""
        return UnreadableDocument(
            f"{self.path} is a broken {self.kind}.", remedy="Open it in its program and save it again."
        )

    def read(self, name: str) -> bytes | None:
        """The bytes of a part, or None when there is no such part; raises UnreadableDocument."""
        try:
            return self._zip.read(name)
        except KeyError:
            return None
        except _UNREADABLE:
            raise self.broken() from None

    def xml(self, name: str, *, typed: bool = False) -> Any:
        """The root element of a part, or None when there is no such part; raises UnreadableDocument.

        A part with a document type is refused; if it may be `typed`, only one that declares entities.
        """
        from lxml import etree

        data = self.read(name)
        if data is None:
            return None
        try:
            root = etree.fromstring(data, etree.XMLParser(**_SAFE))
        except (etree.XMLSyntaxError, ValueError):
            raise self.broken() from None
        self._check_type(root, typed=typed)
        return root

    def elements(self, name: str, *wanted: str) -> Iterator[Any]:
        """The elements of some local names in a part, in order, each gone from memory when the next one comes.

        None when there is no such part. Raises UnreadableDocument.
        """
        from lxml import etree

        if name not in self._zip.namelist():
            return
        try:
            with self._zip.open(name) as part:
                for _, element in etree.iterparse(
                    part, events=("end",), tag=[f"{{*}}{tag}" for tag in wanted], **_SAFE
                ):
                    self._check_type(element)
                    yield element
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]
        except (etree.XMLSyntaxError, *_UNREADABLE):
            raise self.broken() from None

    def _check_type(self, element: Any, *, typed: bool = False) -> None:
        """Refuse a part whose document type may declare entities, since those vanish from the text."""
        info = element.getroottree().docinfo
        declares = info.internalDTD is not None and next(info.internalDTD.iterentities(), None) is not None
        if declares or (info.doctype and not typed):
            raise UnreadableDocument(
                f"{self.path} declares entities of its own, which no program does that writes such files.",
                remedy="Do not trust it.",
            )

    def _check_sizes(self, packed: int) -> None:
        parts = self._zip.infolist()
        if len(parts) > MAX_PARTS:
            raise DocumentTooLarge(
                f"{self.path} has {len(parts):,} parts, over {MAX_PARTS:,}.",
                remedy="Split it; do not open it if you do not know where it comes from.",
            )
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked > MAX_RATIO * packed):
            raise DocumentTooLarge(
                f"{self.path} unpacks to {unpacked / 1e6:.0f} MB, far more than it seems.",
                remedy="Split it; do not open it if you do not know where it comes from.",
            )
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            raise UnreadableDocument(
                f"{self.path} is locked by a password.", remedy="Save a copy without the password."
            )
