"""Bytes become text by their mark, as UTF-8, or in an encoding that the text makes certain; else they are refused."""

import codecs

import pytest
from hypothesis import given, settings
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
    assert decode(data, "a.txt") == (TEXT, "")


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
    assert decode(text.encode(), "a.txt").text == text.removeprefix("\ufeff")


@given(st.binary(max_size=40))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        text = decode(data, "a.txt").text
    except UnreadableDocument:
        return
    assert "\0" not in text
    text.encode()


GERMAN = "Die Brücke wurde im Jahr 1902 gebaut. Der Hafenmeister öffnet die Schleuse früh. Größe zählt."
WRITTEN = {
    "cp1252": GERMAN,
    "latin-1": GERMAN,
    "cp1250": "Zażółć gęślą jaźń. Łódź jest dużym miastem w Polsce, a żeglarze cumują w porcie każdego dnia.",
    "cp1251": "Пристань была построена вручную. Она сгорела дважды, и Зоя её восстановила. Маяк стоит на конце.",
    "koi8_r": "Пристань была построена вручную. Она сгорела дважды, и Зоя её восстановила. Маяк стоит на конце.",
    "cp1253": "Η προβλήτα χτίστηκε με το χέρι. Κάηκε δύο φορές. Ο φάρος στέκεται στην άκρη.",
    "cp932": "桟橋は手で作られました。二度燃えました。灯台はその端に立っています。毎朝船が出ます。",
    "gb18030": "码头是手工建造的。它烧毁了两次。灯塔矗立在尽头。每天早晨船只出发。",
    "big5": "碼頭是手工建造的。它燒毀了兩次。燈塔矗立在盡頭。每天早晨船隻出發。",
    "cp949": "부두는 손으로 지어졌다. 두 번 불탔다. 등대는 끝에 서 있다. 매일 아침 배가 떠난다.",
    "iso2022_jp": "桟橋は手で作られました。二度燃えました。",
    "utf-16-le": "Zoë waits 🙂.\nShe is on the pier.",
    "utf-16-be": "Zoë waits 🙂.\nShe is on the pier.",
}


@pytest.mark.parametrize("encoding", WRITTEN)
@pytest.mark.parametrize("times", [1, 4])
def test_an_encoding_that_the_text_makes_certain_is_read_and_told(encoding: str, times: int) -> None:
    text = "\n".join([WRITTEN[encoding]] * times)
    decoded = decode(text.encode(encoding), "a.txt")
    assert decoded.text == text
    assert decoded.note.startswith("read as ")
    assert decoded.note.endswith(", which the file does not declare")


def test_a_few_accents_in_an_english_text_are_western() -> None:
    text = "The café’s owner said “hello” — it costs £5 in all, whoever comes in for a cup of coffee. " * 3
    assert decode(text.encode("cp1252"), "a.txt") == (text, "read as Windows-1252, which the file does not declare")


@pytest.mark.parametrize(
    "data",
    [
        "Le café est fermé.".encode("cp1252"),  # too short to tell
        ("İskele elle yapıldı. İki kez yandı. Deniz feneri ucunda duruyor. " * 3).encode("cp1254"),  # ı or ý, ş or þ
        (("The pier – built by hand – is “long”. " * 4).encode() + b"\xff"),  # broken UTF-8, not Windows-1252
        bytes(range(1, 256)) * 4,
    ],
)
def test_where_two_encodings_do_as_well_neither_is_taken(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="no older encoding is certain"):
        decode(data, "a.txt")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(set(WRITTEN) - {"latin-1", "utf-16-le", "utf-16-be", "iso2022_jp"})), st.data())
def test_no_part_of_a_text_is_read_wrongly(encoding: str, data: st.DataObject) -> None:
    text = WRITTEN[encoding] * 2
    start = data.draw(st.integers(0, len(text) - 12))
    part = text[start : data.draw(st.integers(start + 12, len(text)))]  # two letters can be UTF-8 by chance
    try:
        found = decode(part.encode(encoding), "a.txt").text
    except UnreadableDocument:
        return
    assert found == part
