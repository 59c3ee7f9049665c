"""E-books: reading order, names of chapters, what lies outside of the order, and what is refused."""

import pytest

from docx_maker import docx, p, packed
from epub_maker import epub
from qa.errors import NoText, UnreadableDocument
from qa.parsing.epub import EpubParser
from qa.types import ParsedDocument
from strategies import shown, source


def parsed(data: bytes) -> ParsedDocument:
    return EpubParser().parse(source("folder/pier_book.epub"), data)


PAGES = {
    "z.xhtml": "<h1>The pier</h1><p>It burned twice.</p><aside><p>An aside.</p></aside><ul><li>Oak</li></ul>",
    "a b.xhtml": "<p>It was rebuilt.</p><h2>Later</h2>"
    "<table><tr><th>Year</th><th>Tons</th></tr><tr><td>2018</td><td>40</td></tr></table>",
    "notes.xhtml": "<p>A note.</p>",
}


def test_a_book_in_its_reading_order_under_the_names_of_its_contents() -> None:
    nav = '<li><a href="text/z.xhtml">Never used</a></li><li><a href="text/a%20b.xhtml#top">The <b>storm</b></a></li>'
    document = parsed(epub(PAGES, title="A book of piers", aside=["notes.xhtml"], nav=nav))
    assert document.title == "A book of piers"
    assert shown(document) == [
        ("heading", "The pier", ()),
        ("paragraph", "It burned twice.", ("The pier",)),
        ("paragraph", "An aside.", ("The pier",)),
        ("list_item", "Oak", ("The pier",)),
        ("heading", "The storm", ()),
        ("paragraph", "It was rebuilt.", ("The storm",)),
        ("heading", "Later", ("The storm",)),
        ("table_row", "Year | Tons", ("The storm", "Later")),
        ("table_row", "2018 | 40", ("The storm", "Later")),
        ("paragraph", "A note.", ()),
    ]
    assert document.blocks[-2].header == document.blocks[-3].span


def test_the_contents_of_older_books() -> None:
    ncx = '<navPoint><navLabel><text>First</text></navLabel><content src="text/a.xhtml"/></navPoint>'
    document = parsed(epub({"a.xhtml": "<p>Words.</p>"}, title="T", ncx=ncx))
    assert shown(document) == [("heading", "First", ()), ("paragraph", "Words.", ("First",))]


def test_the_order_is_that_of_the_spine_and_pages_outside_of_it_are_no_text() -> None:
    pages = {"a.xhtml": "<p>Two.</p>", "b.xhtml": "<p>One.</p>", "c.xhtml": "<p>Never.</p>"}
    assert parsed(epub(pages, order=["b.xhtml", "a.xhtml"])).text == "One.\n\nTwo."


def test_a_book_whose_first_heading_is_its_title_has_no_section_of_that_name() -> None:
    document = parsed(epub({"a.xhtml": "<h1>The pier</h1><p>Words.</p>"}, title="The pier"))
    assert (document.title, document.blocks[1].headings) == ("The pier", ())


def test_scrambled_fonts_lock_no_text() -> None:
    method = '<e><EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></e>'
    assert parsed(epub({"a.xhtml": "<p>Words.</p>"}, raw={"META-INF/encryption.xml": method})).text == "Words."


BOOK = {"a.xhtml": "<p>Words.</p>"}
LOCKED = '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>'
ENTITIES = '<!DOCTYPE a [<!ENTITY b "c">]><a><rootfile full-path="OPS/book.opf"/></a>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (epub(BOOK, raw={"META-INF/encryption.xml": LOCKED}), "locked by copy protection"),
        (epub(BOOK, raw={"META-INF/container.xml": ENTITIES}), "declares entities"),
        (
            epub(BOOK, raw={"META-INF/container.xml": '<a><rootfile full-path="../../etc/passwd"/></a>'}),
            "broken e-book",
        ),
        (epub(BOOK, raw={"OPS/book.opf": "<package>"}), "broken e-book"),
        (docx(p("x")), "is not an e-book"),
        (packed({"a": "b"}), "is not an e-book"),
        (b"words", "is not an e-book"),
    ],
)
def test_other_files_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        parsed(data)


def test_a_page_that_is_missing_makes_a_broken_book() -> None:
    item = '<item id="a" href="no.xhtml" media-type="application/xhtml+xml"/>'
    data = epub(BOOK, raw={"OPS/book.opf": f'<p>{item}<itemref idref="a"/></p>'})
    with pytest.raises(UnreadableDocument, match="broken"):
        parsed(data)


def test_a_book_of_pictures_has_no_text() -> None:
    with pytest.raises(NoText):
        parsed(epub({"a.xhtml": "<img src='a.png'/>"}))
