"""Seals: what is written is read again, another thing is not, and each part tells what it should."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.anchoring.seal import LENGTH, Seal
from qa.text.selectors import CONTEXT
from qa.types import Span

TEXT = "The heron waits. 🙂 It hunts at dawn.\n\nThe heron waits. It never sings."


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(text: str, start: int, end: int) -> Seal:
    return Seal.of(text, Span(start, end), text_sha256=sha256(text))


@given(st.text(alphabet="ab🙂 .", min_size=1, max_size=90), st.data())
def test_what_is_written_is_read_again(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    seal = sealed(text, start, end)

    assert Seal.read(str(seal)) == seal
    assert len(str(seal)) == LENGTH
    assert seal.proves(text[start:end])
    assert seal.made_of(sha256(text))
    assert seal.fits_before(text, start, start)
    assert seal.fits_after(text, end)
    assert seal.only == (sum(text[i:].startswith(text[start:end]) for i in range(len(text))) == 1)


def test_the_words_alone_tell_nothing_of_what_stood_around() -> None:
    seal = Seal.of_words("The heron waits.", text_sha256=sha256(TEXT))

    assert Seal.read(str(seal)) == seal
    assert seal.only is None
    assert seal.proves("The heron waits.")
    assert not seal.proves("The heron waits")


def test_a_hash_that_is_not_known_matches_no_text() -> None:
    seal = Seal.of_words("x", text_sha256="")

    assert Seal.read(str(seal)) == seal
    assert not seal.made_of(sha256("x"))
    assert not seal.made_of("")
    assert not seal.made_of(None)


def test_what_stands_around_is_compared_over_32_code_points_on_each_side() -> None:
    text = "a" * CONTEXT + "🙂" + "b" * CONTEXT
    seal = sealed(text, CONTEXT, CONTEXT + 1)

    assert seal.fits_before("x" + text, CONTEXT + 1, CONTEXT)
    assert not seal.fits_before("x" + text[1:], CONTEXT, CONTEXT)
    assert seal.fits_after(text + "x", CONTEXT + 1)
    assert not seal.fits_after(text[:-1] + "x", CONTEXT + 1)
    assert not seal.fits_after(text[:-1], CONTEXT + 1)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "A",
        str(sealed(TEXT, 0, 5))[:-1],
        str(sealed(TEXT, 0, 5)) + "A",
        str(sealed(TEXT, 0, 5))[:-1] + "!",
        str(sealed(TEXT, 0, 5))[:-1] + "é",
        str(sealed(TEXT, 0, 5))[:-1] + "\n",
        "+" * LENGTH,
        "=" * LENGTH,
        base64.urlsafe_b64encode(bytes([33]) + bytes(38)).decode(),  # 33 code points after
        "\ud800" * LENGTH,
    ],
)
def test_anything_else_is_no_seal(written: str) -> None:
    assert Seal.read(written) is None
