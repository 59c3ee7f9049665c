"""First bytes tell what a file is."""

import pytest

from qa.parsing.kinds import kind_of, other_kind


@pytest.mark.parametrize(
    ("data", "suffix", "words"),
    [
        (b"%PDF-1.7", ".pdf", "a PDF file"),
        (b"junk before\n%PDF-1.7", ".pdf", "a PDF file"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>", ".html", "a web page"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<html lang="en">', ".html", "a web page"),
        (b"<HEAD><title>", ".html", "a web page"),
        (b"PK\x03\x04", "", "Office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", "old Office"),
        (b"{\\rtf1", "", "rich text"),
        (b"\x89PNG\r\n", "", "picture"),
        (b"<htmlish>", "", ""),
        (b"plain words", "", ""),
        (b"", "", ""),
    ],
)
def test_kinds(data: bytes, suffix: str, words: str) -> None:
    found = kind_of(data)
    assert words in found[0]
    assert found[1] == suffix
    assert bool(words) == bool(found[0])


def test_comments_without_a_page_behind_them_are_gone_through_once() -> None:
    assert kind_of(b"<!---->" * 140 + b"x") == ("", "")  # each more would double the time, if one could end at any end


def test_the_error_says_what_it_is_and_what_to_do() -> None:
    assert str(other_kind("a/b.pdf", b"<html>", "a PDF file")) == (
        "a/b.pdf is a web page, not a PDF file. Rename it to .html and index again."
    )
    assert str(other_kind("b.pdf", b"GIF89a", "a PDF file")) == (
        "b.pdf is a picture, not a PDF file. Save it as what its name ending says and index again."
    )
    assert "is not a PDF file, or a broken one" in str(other_kind("b.pdf", b"?", "a PDF file"))
