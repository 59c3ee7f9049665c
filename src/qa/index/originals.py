"""The files of the corpus as they were indexed: the bytes whose SHA-256 the index names, or an error, never others.

The index keeps no copies. A file is read whole from one handle and hashed before any byte of it is given away, so what
happens to it afterwards changes nothing.
"""

import os
from pathlib import Path

from qa.errors import DocumentError, DocumentUnknown, OriginalChanged, OriginalGone
from qa.index.corpus import CorpusFile, read
from qa.types import DocumentRecord


def original(corpus: Path, record: DocumentRecord) -> bytes:
    """The bytes that a document was read from.

    Raises DocumentUnknown for a file that was skipped, OriginalGone when the corpus no longer has it, and
    OriginalChanged when it is there and is not (or may not be read to tell whether it is) what was indexed.
    """
    if record.reason is not None:
        raise DocumentUnknown(f"{record.path} is not indexed.", remedy="See GET /documents for the reason.")
    location = corpus / record.path
    try:
        content = read(CorpusFile(record.path, str(location)), max_bytes=record.size)
    except DocumentError:
        content = None
    if content is not None and content.source.sha256 == record.sha256:
        return content.data
    if not os.path.lexists(location):
        raise OriginalGone(
            f"{record.path} is no longer in the corpus.",
            remedy="Its text as it was indexed is at GET /documents/{id}; bring the file back to get it here.",
        )
    raise OriginalChanged(
        f"{record.path} has changed since it was indexed.",
        remedy="Run `qa index`, or wait until the service has, and ask again; the text as it was indexed is at "
        "GET /documents/{id}.",
    )
