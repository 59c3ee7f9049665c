"""Web pages as a browser shows them: hand-computed canonical texts, nothing hidden in, nothing visible lost."""

import html
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import DocumentError, NoText, UnreadableDocument
from qa.parsing.html import HtmlParser
from qa.types import BlockKind, ParsedDocument
from strategies import shown, source


def parsed(page: str | bytes) -> ParsedDocument:
    return HtmlParser().parse(source("page.html"), page.encode() if isinstance(page, str) else page)


PAGE = """<!DOCTYPE html>
<html><head><title>Harbour &amp; town</title><style>p { color: red }</style><script>var hidden = "no";</script></head>
<body>
<h1>The <em>harbour</em></h1>
<p>A <b>bold</b>
   claim with a <a href="/x">link</a>, 10<sup>6</sup> boats,<br>a new line and <q>a quotation</q>.
<div>loose words<p>a paragraph</p>and a tail</div>
<h2>Points &mdash; and more</h2>
<ul><li>first &amp; best<li>second <ol><li>inner</ol></li>
<li><p>Sea:</p><ul><li>ships<li>crews</ul></ul>
<dl><dt>Pilot<dd>Who guides ships.<dt>Gate<dd>The way in.</dl>
<blockquote><p>said so</p></blockquote>
<table><caption>Fees</caption><thead><tr><th>a<th>b</thead><tr><td>1<td><p>2</p><p>3</p><tr><td><td>4</table>
<pre>
x = 1  # kept

  y = 2
</pre>
<p>im&shy;portant caf&#233; &#x1F642;</p>
</body></html>"""


def test_the_canonical_text_is_what_a_reader_sees() -> None:
    document = parsed(PAGE)
    points = ("Points — and more",)
    assert document.title == "The harbour"
    assert shown(document) == [
        ("heading", "The harbour", ()),
        ("paragraph", "A bold claim with a link, 10⁶ boats,\na new line and “a quotation”.", ()),
        ("paragraph", "loose words", ()),
        ("paragraph", "a paragraph", ()),
        ("paragraph", "and a tail", ()),
        ("heading", "Points — and more", ()),
        ("list_item", "first & best", points),
        ("list_item", "second", points),
        ("list_item", "inner", points),
        ("heading", "Sea", points),
        ("list_item", "ships", (*points, "Sea")),
        ("list_item", "crews", (*points, "Sea")),
        ("heading", "Pilot", points),
        ("list_item", "Who guides ships.", (*points, "Pilot")),
        ("heading", "Gate", points),
        ("list_item", "The way in.", (*points, "Gate")),
        ("quote", "said so", points),
        ("paragraph", "Fees", points),
        ("table_row", "a | b", points),
        ("table_row", "1 | 2 3", points),
        ("table_row", "| 4", points),
        ("code", "x = 1  # kept\n\n  y = 2", points),
        ("paragraph", "important café 🙂", points),
    ]
    assert [block.level for block in document.blocks if block.kind is BlockKind.LIST_ITEM][:5] == [1, 1, 2, 2, 2]


def test_a_page_that_opens_without_a_heading_is_named_by_its_title() -> None:
    assert parsed("<title> The\n town </title><p>Text.<h1>Later</h1>").title == "The town"
    assert parsed("<p>Text.").title == "page"


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>no</p>", "<p style='color: red; DISPLAY : none'>no</p>", "<p style='visibility:hidden'>no</p>",
        "<div aria-hidden='true'><p>no</p></div>", "<script>no</script>", "<style>no</style>", "<!-- no -->",
        "<template><p>no</p></template>", "<noscript>no</noscript>", "<dialog>no</dialog>", "<iframe>no</iframe>",
        "<p style='font-size:0'>no</p>", "<svg><text>no</text></svg>", "<select><option>no</select>",
        "<p style='opacity: 0'>no</p>", "<object>no</object>", "<?php no ?>",
    ],
)  # fmt: skip
def test_what_no_reader_sees_is_left_out_and_what_follows_it_is_not(hidden: str) -> None:
    assert parsed(f"<p>before</p>{hidden}after<p>last</p>").text == "before\n\nafter\n\nlast"
    within = re.sub(r"(</?)p\b", r"\1b", hidden)
    assert parsed(f"<div>one {within}two</div>").text.split() == ["one", "two"]


def test_what_only_looks_hidden_stays() -> None:
    page = (
        "<p style='font-size:0.9em'>a</p><p style='opacity:0.5'>b</p><dialog open>c</dialog><details><p>d</p></details>"
    )
    assert parsed(page).text.split() == ["a", "b", "c", "d"]


LONG = "The harbour lies in the north of the island and was dug by hand. " * 5


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (f"<nav>menu</nav><main><h1>T</h1><p>{LONG}</p><aside>note</aside></main><footer>foot</footer>", "T note"),
        (f"<div>site</div><article><p>{LONG}</p><footer>signed</footer></article><aside>ads</aside>", "signed"),
        (f"<nav>menu</nav><p>{LONG}</p><aside>ads</aside><footer>foot</footer>", ""),
        (f"<div class='cookie-banner'>we use</div><p>{LONG}</p>", ""),
        (f"<div role='navigation'>menu</div><p>{LONG}</p><div role='contentinfo'>foot</div>", ""),
        (f"<div id='cookies'><p>{LONG * 10}</p></div>", ""),
        ("<nav>menu <a>one</a></nav><footer>foot</footer>", "menu one foot"),
        (f"<main><p>short</p></main><p>{LONG}</p>", "short"),
        (f"<article>one</article><article>two</article><p>{LONG}</p>", "one two"),
        (f"<main hidden>no</main><p>{LONG}</p>", ""),
    ],
)
def test_the_main_content_is_read_and_nothing_is_lost_where_there_is_none(page: str, words: str) -> None:
    text = parsed(page).text
    assert "The harbour lies in the north" in text or "harbour" not in page
    assert text.replace(" ".join(LONG.split()), "").split() == words.split()


def test_a_table_that_only_places_things_is_read_as_what_it_holds() -> None:
    page = "<table><tr><td><h2>Left</h2><p>words</p><td>right<table><tr><td>1<td>2</table></table>"
    assert [row[:2] for row in shown(parsed(page))] == [
        ("heading", "Left"), ("paragraph", "words"), ("paragraph", "right"), ("table_row", "1 | 2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>Zoë</p>".encode("utf-8-sig"), "Zoë"),
        ("<p>Zoë</p>".encode("utf-16"), "Zoë"),
        ("<meta charset=iso-8859-1><p>Zoë “so” €</p>".encode("cp1252"), "Zoë “so” €"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"><p>日本'.encode("shift_jis"), "日本"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><html><p>Zoë</p></html>'.encode("latin-1"), "Zoë"),
        ("<meta charset='no-such-thing'><p>Zoë</p>".encode(), "Zoë"),
        ("<meta charset='utf-16'><p>Zoë</p>".encode(), "Zoë"),
        ("<meta charset='rot13'><p>Zoë</p>".encode(), "Zoë"),
        ("<p>Zoë</p>".encode(), "Zoë"),
    ],
)
def test_the_encoding_is_what_the_page_declares(data: bytes, text: str) -> None:
    assert parsed(data).text == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<p>caf\xe9</p>", "not UTF-8"),
        (b"<meta charset=utf-8><p>caf\xe9</p>", "utf-8, and byte 26"),
        (b"<p>a\0b</p>", "NUL"),
        (b"<meta charset=latin1>a\0b", "NUL"),
        (b"%PDF-1.4 <html>", "is a PDF file, not a web page"),
        (b"PK\x03\x04...", "Office document, not a web page"),
    ],
)
def test_bytes_that_are_no_page_are_refused_by_name(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableDocument, match=words) as caught:
        parsed(data)
    assert "page.html" in caught.value.message


def test_an_empty_script_of_xhtml_hides_nothing() -> None:
    page = (
        '<?xml version="1.0"?><html><head><title/><script src="a.js"/></head><body><p>Seen.<br/>So.</p></body></html>'
    )
    assert parsed(page).text == "Seen.\nSo."


@pytest.mark.parametrize("page", ["", " \n", "<html>", "<p></p>", "<h1>Only a heading</h1>", "<script>x</script>"])
def test_a_page_without_text_says_so(page: str) -> None:
    with pytest.raises(NoText, match=r"page\.html"):
        parsed(page)


@pytest.mark.parametrize("depth", [10, 255, 256, 300, 2000, 2100, 50_000, 200_000])
@pytest.mark.parametrize("tag", ["div", "b", "ul", "blockquote"])
def test_p10_deep_nesting_is_read_whole_or_refused(tag: str, depth: int) -> None:
    try:
        document = parsed("<p>first</p>" + f"<{tag}>" * depth + "word" + f"</{tag}>" * depth + "<p>last</p>")
    except UnreadableDocument:
        if depth > 1000:
            return
        raise
    assert document.text.split() == ["first", "word", "last"]


def test_a_million_open_tags_take_no_time() -> None:
    start = time.process_time()
    for page in ("<a " * 200_000, "<table><tr>" * 50_000, "<li>x" * 20_000, "&" * 300_000, "<!--" * 100_000):
        try:
            parsed(page)
        except DocumentError:
            continue
    assert time.process_time() - start < 60


WORD = st.text(st.characters(categories=["L", "N", "So"]), min_size=1, max_size=5)
INLINE = st.sampled_from(["b", "a", "span", "i", "code", "font", "mark"])
BLOCK = st.sampled_from(["p", "div", "section", "blockquote", "ul><li", "h2", "td", "dl><dd", "center", "li"])


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, list[str]]:
    words: list[str] = []

    def inner(depth: int) -> str:
        out = []
        for _ in range(draw(st.integers(0, 3))):
            word = draw(WORD)
            words.append(word)
            out.append(html.escape(word))
            if depth < 4 and draw(st.booleans()):
                tag = draw(st.one_of(INLINE, BLOCK))
                out.append(f"<{tag}> {inner(depth + 1)} " + draw(st.sampled_from(["", f"</{tag.partition('>')[0]}>"])))
        return " ".join(out)

    return inner(0), words


@settings(deadline=None)
@given(pages())
def test_every_visible_word_is_in_the_text_in_order(page: tuple[str, list[str]]) -> None:
    markup, words = page
    try:
        document = parsed(markup)
    except NoText:
        assert not words or "<h2" in markup
        return
    blocks = " | ".join(block.span.of(document.text) for block in document.blocks)
    assert [word for word in blocks.split() if word != "|"] == " ".join(words).split()
    assert document.text.split() == [word for block in document.blocks for word in block.span.of(document.text).split()]


SAMPLE = PAGE.encode()


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(SAMPLE)), st.binary(max_size=5), st.integers(0, 20))
def test_damaged_pages_are_read_or_refused_and_scripts_never_shown(place: int, wrong: bytes, length: int) -> None:
    data = SAMPLE[:place] + wrong + SAMPLE[place + length :]
    try:
        text = parsed(data).text
    except DocumentError:
        return
    assert re.search(r"\S", text)


def test_the_same_bytes_give_the_same_document_and_the_version_names_the_library() -> None:
    assert parsed(PAGE) == parsed(PAGE)
    assert "lxml" in HtmlParser().version


def test_rows_know_the_head_of_their_table() -> None:
    page = (
        "<table><thead><tr><td>a<td>b</thead><tr><td>1<td>2</table><table><tr><th>Berths<td>x</table>"
        "<table><tr><th>c<th>d<tr><td>3<td>4</table>"
    )
    document = parsed(page)
    assert [block.header and block.header.of(document.text) for block in document.blocks] == [
        None, "a | b", None, None, "c | d"
    ]  # fmt: skip
