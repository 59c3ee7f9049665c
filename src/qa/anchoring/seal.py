"""The seal of a quotation: what a link carries, so that the words can be found again and proven without being in it.

52 characters of URL-safe base64, which are 39 bytes:

====  ===================================================================================================
1     whether the context is known (64), whether the words stood there only once (128), code points after (0 to 32)
6     the first bytes of the SHA-256 of the document's text
8     the fingerprint of the words (`fingerprint.py`), big-endian: where to look
16    the first bytes of the SHA-256 of the words: what proves them
4, 4  the first bytes of the SHA-256 of the 32 code points before, and of those after: which of several equal ones
====  ===================================================================================================

The number of code points before is not stored: it is 32, or all that there are.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Self

from qa.anchoring.fingerprint import fingerprint
from qa.text.selectors import CONTEXT
from qa.types import Span

TEXT_BYTES, WORDS_BYTES, SIDE_BYTES = 6, 16, 4
LENGTH = 52
_ONLY, _KNOWN, _AFTER = 128, 64, 63
_BYTES = 1 + TEXT_BYTES + 8 + WORDS_BYTES + 2 * SIDE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A seal, read or made. `only` says whether the words stood in the text once; None when nobody looked."""

    text: bytes
    fingerprint: int
    words: bytes
    before: bytes
    after: bytes
    after_length: int
    only: bool | None

    @classmethod
    def of(cls, text: str, span: Span, *, text_sha256: str) -> Self:
        """The seal of a span of a whole text, whose SHA-256 is given."""
        quote = span.of(text)
        after = text[span.end : span.end + CONTEXT]
        return cls(
            text=_head(text_sha256),
            fingerprint=fingerprint(quote),
            words=_digest(quote, WORDS_BYTES),
            before=_digest(text[max(0, span.start - CONTEXT) : span.start], SIDE_BYTES),
            after=_digest(after, SIDE_BYTES),
            after_length=len(after),
            only=text.find(quote, text.find(quote) + 1) < 0,
        )

    @classmethod
    def of_words(cls, quote: str, *, text_sha256: str) -> Self:
        """The seal of words whose surroundings are not at hand."""
        return cls(
            text=_head(text_sha256),
            fingerprint=fingerprint(quote),
            words=_digest(quote, WORDS_BYTES),
            before=bytes(SIDE_BYTES),
            after=bytes(SIDE_BYTES),
            after_length=0,
            only=None,
        )

    @classmethod
    def read(cls, written: str) -> Self | None:
        """A seal as it is written; None for anything else."""
        if len(written) != LENGTH or not written.isascii():
            return None
        try:
            data = base64.b64decode(written, altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        head, after_length = data[0], data[0] & _AFTER
        if len(data) != _BYTES or after_length > CONTEXT:
            return None
        parts = iter(_cut(data[1:], TEXT_BYTES, 8, WORDS_BYTES, SIDE_BYTES, SIDE_BYTES))
        return cls(
            text=next(parts),
            fingerprint=int.from_bytes(next(parts)),
            words=next(parts),
            before=next(parts),
            after=next(parts),
            after_length=after_length,
            only=bool(head & _ONLY) if head & _KNOWN else None,
        )

    def __str__(self) -> str:
        head = self.after_length | (0 if self.only is None else _KNOWN) | (_ONLY if self.only else 0)
        words = self.fingerprint.to_bytes(8) + self.words
        return base64.urlsafe_b64encode(bytes([head]) + self.text + words + self.before + self.after).decode()

    def proves(self, quote: str) -> bool:
        """Whether these are the words."""
        return _digest(quote, WORDS_BYTES) == self.words

    def made_of(self, text_sha256: str | None) -> bool:
        """Whether the text of this SHA-256 (hexadecimal) is the one that was quoted, as far as 48 bits tell."""
        return bool(text_sha256) and _head(str(text_sha256)) == self.text

    def fits_before(self, text: str, start: int, then: int) -> bool:
        """Whether what stands before `start` is what stood before the words, which began at `then`."""
        size = min(CONTEXT, then)
        return size <= start and _digest(text[start - size : start], SIDE_BYTES) == self.before

    def fits_after(self, text: str, end: int) -> bool:
        """Whether what stands from `end` on is what stood after the words."""
        return _digest(text[end : end + self.after_length], SIDE_BYTES) == self.after


def _digest(text: str, size: int) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:size]


def _head(text_sha256: str) -> bytes:
    """The bytes that a seal holds of a hash; zeros when it is not known."""
    return bytes.fromhex(text_sha256)[:TEXT_BYTES].ljust(TEXT_BYTES, b"\0")


def _cut(data: bytes, *sizes: int) -> list[bytes]:
    pieces, place = [], 0
    for size in sizes:
        pieces.append(data[place : place + size])
        place += size
    return pieces
