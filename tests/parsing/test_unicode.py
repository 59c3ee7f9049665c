"""Every format keeps every code point: composed and decomposed letters, astral, right-to-left, CJK, combining marks.

Nothing is normalised, reordered or replaced on the way into the canonical text, and what is cut from there is cited as
it stands, whatever the line ends and byte order marks of the file.
"""

import codecs
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docx_maker import docx, p
from epub_maker import epub
from pptx_maker import para, pptx, shape
from qa.answering.citing import cite
from qa.chunking import ChunkPolicy, chunk_document
from qa.parsing.formats import make_parsers
from qa.parsing.registry import ParserRegistry
from qa.types import ParsedDocument
from strategies import count_words, source
from xlsx_maker import xlsx

WORDS = (
    "Zo\u00eb", "Zoe\u0308", "e\u0301\u0327", "\ud55c\uad6d", "\u1112\u1161\u11ab", "\U0001f642",
    "\U0001f469\u200d\U0001f680",
    "\U0001d52c", "桟橋。", "終わり！", "𠮷野家", "שלום", "مرحبا؟", "\u202bab\u202c",
    "नमस्ते।", "ﬁn", "Ⅳ", "ａｂ", "10⁶", "end.", "No?",
)  # fmt: skip
PARSERS = ParserRegistry(make_parsers())


def mailed(lines: Sequence[str]) -> bytes:
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content("\n\n".join(lines), cte="base64")
    return message.as_bytes()


WRITTEN: dict[str, Callable[[Sequence[str]], bytes]] = {
    ".txt": lambda lines: "\n\n".join(lines).encode(),
    ".md": lambda lines: "\n\n".join(lines).encode(),
    ".rst": lambda lines: "\n\n".join(lines).encode(),
    ".html": lambda lines: "".join(f"<p>{escape(line)}</p>" for line in lines).encode(),
    ".csv": lambda lines: "\n".join(f'"{line}",x' for line in lines).encode(),
    ".docx": lambda lines: docx("".join(p(escape(line)) for line in lines)),
    ".pptx": lambda lines: pptx(shape("".join(para(line) for line in lines))),
    ".xlsx": lambda lines: xlsx({"S": [[line] for line in lines]}),
    ".epub": lambda lines: epub({"a.xhtml": "".join(f"<p>{escape(line)}</p>" for line in lines)}),
    ".eml": mailed,
}
TEXTS = [".txt", ".md", ".rst", ".html", ".csv"]
LINES = st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=8).map(" ".join), min_size=1, max_size=4)


def parsed(suffix: str, data: bytes) -> ParsedDocument:
    return PARSERS.for_path(f"a{suffix}").parse(source(f"a{suffix}"), data)


@pytest.mark.parametrize("suffix", WRITTEN)
@settings(max_examples=30, deadline=None)
@given(lines=LINES)
def test_every_code_point_is_kept_and_every_sentence_is_cited_as_it_stands(suffix: str, lines: list[str]) -> None:
    document = parsed(suffix, WRITTEN[suffix](lines))
    added = {"|", "x", "From:", "a@b.example", "S"}
    assert [word for word in document.text.split() if word not in added] == " ".join(lines).split()
    for chunk in chunk_document(document, count_words, ChunkPolicy(most=24, least=8, overlap=2, child=8)):
        for span in chunk.sentences:
            quote = span.of(document.text)
            citation = cite(document, span, quote=quote, text_sha256=document.text_sha256)
            assert document.text[citation.span.start : citation.span.end] == citation.quote == quote


@pytest.mark.parametrize("suffix", TEXTS)
@settings(max_examples=20, deadline=None)
@given(lines=LINES)
def test_line_ends_and_marks_change_nothing(suffix: str, lines: list[str]) -> None:
    data = WRITTEN[suffix](lines)
    plain = parsed(suffix, data).text
    crlf = data.replace(b"\n", b"\r\n")
    for variant in (crlf, codecs.BOM_UTF8 + crlf, crlf.decode().encode("utf-16"), data.decode().encode("utf-32")):
        assert parsed(suffix, variant).text == plain


def test_unspaced_text_is_quotable_sentence_by_sentence() -> None:
    document = parsed(".txt", "桟橋は手で作られました。二度燃えました！灯台はどこですか？端に立っています。".encode())
    (chunk,) = chunk_document(document, count_words, ChunkPolicy())
    assert [span.of(document.text) for span in chunk.sentences] == [
        "桟橋は手で作られました。", "二度燃えました！", "灯台はどこですか？", "端に立っています。"
    ]  # fmt: skip
