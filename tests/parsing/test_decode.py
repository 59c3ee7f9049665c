"""Bytes become text by their mark or as UTF-8, and are refused otherwise; never guessed."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import UnreadableDocument
from qa.parsing.decode import decode

TEXT = "Zoë 🙂 日本\r\nend"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    ],
)
def test_unicode_in_every_form_is_read_without_its_mark(data: bytes) -> None:
    assert decode(data, "a.txt") == TEXT


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"caf\xe9", r"a\.txt is not UTF-8 text \(byte 3 does not fit\)"),
        (b"\x89PNG\r\n\x1a\n", r"not UTF-8 text \(byte 0 "),
        (codecs.BOM_UTF16_LE + b"a", "not UTF-16 text"),
        (codecs.BOM_UTF32_BE + b"\xff\xff\xff\xff", "not UTF-32 text"),
        (b"\xed\xa0\x80", "not UTF-8 text"),
        (b"a\0b", "holds NUL bytes"),
        ("ab".encode("utf-16-le"), "holds NUL bytes"),
    ],
)
def test_other_bytes_are_refused_with_the_reason_and_a_remedy(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableDocument, match=says) as caught:
        decode(data, "a.txt")
    assert "UTF-8" in caught.value.remedy


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_what_was_saved_as_utf8_comes_back(text: str) -> None:
    assert decode(text.encode(), "a.txt") == text.removeprefix("\ufeff")


@given(st.binary(max_size=40))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        text = decode(data, "a.txt")
    except UnreadableDocument:
        return
    assert "\0" not in text
    text.encode()
