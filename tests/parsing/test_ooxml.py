"""Office packages: relations, sizes, and parts that cannot be read."""

import io
import zipfile

import pytest

from docx_maker import docx, p, packed
from qa.errors import DocumentTooLarge, UnreadableDocument
from qa.parsing.ooxml import Package, attribute, child, name_of


def package(data: bytes) -> Package:
    return Package(data, "a.docx", "a Word document")


def test_parts_are_found_by_relations() -> None:
    found = package(docx(p("x"), footnotes=""))
    name, kind = found.main_part()
    assert name == "word/document.xml"
    assert "wordprocessingml" in kind
    assert "word/footnotes.xml" in {target for _, target in found.relations(name).values()}
    assert found.xml("word/none.xml") is None


def test_names_and_attributes_have_the_usual_prefixes() -> None:
    root = package(docx(p("x", style="Q"))).xml("word/document.xml")
    style = child(root, "w:body", "w:p", "w:pPr", "w:pStyle")
    assert name_of(root) == "w:document"
    assert attribute(style, "w:val") == "Q"
    assert attribute(style, "w:none") is None
    assert child(root, "w:body", "w:tbl") is None


def test_a_relation_that_climbs_out_of_the_file_finds_nothing() -> None:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" '
        'Type="x/officeDocument" Target="../../../etc/passwd"/></Relationships>'
    )
    found = package(packed({"_rels/.rels": relations, "[Content_Types].xml": "<Types/>"}))
    assert found.main_part() == ("etc/passwd", "")
    assert found.xml("etc/passwd") is None


def test_a_locked_part_is_refused() -> None:
    data = bytearray(docx(p("x")))
    central = data.rindex(b"PK\x01\x02", 0, data.index(b"PK\x05\x06"))
    data[central + 8] |= 1
    with pytest.raises(UnreadableDocument, match="locked by a password"):
        package(bytes(data))


def test_too_many_parts_are_refused() -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for number in range(20_001):
            archive.writestr(str(number), b"")
    with pytest.raises(DocumentTooLarge, match=r"has 20,001 parts, over 20,000"):
        package(memory.getvalue())


def test_an_unknown_compression_is_refused_when_it_is_read() -> None:
    data = bytearray(docx(p("x"), raw={"a.xml": "<a/>"}))
    central = data.rindex(b"a.xml") - 46
    data[central + 10 : central + 12] = (77).to_bytes(2, "little")
    found = package(bytes(data))
    assert found.xml("word/document.xml") is not None
    with pytest.raises(UnreadableDocument, match="broken"):
        found.xml("a.xml")


def test_a_size_that_lies_is_refused_when_it_is_read() -> None:
    data = docx(p("x"), raw={"a.xml": b"<a>" + b"x" * 5000 + b"</a>"})
    place = data.rindex(b"a.xml") - 46 + 24
    assert int.from_bytes(data[place : place + 4], "little") == 5007
    with pytest.raises(UnreadableDocument, match="broken"):
        package(data[:place] + (100).to_bytes(4, "little") + data[place + 4 :]).xml("a.xml")
