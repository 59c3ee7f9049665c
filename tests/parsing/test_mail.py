"""Mail: headers, encodings, alternatives, quotations, attachments and messages inside messages."""

from email.message import EmailMessage

import pytest

from docx_maker import docx, p
from qa.errors import UnreadableDocument
from qa.parsing.mail import MailParser
from qa.types import ParsedDocument
from strategies import shown, source


def parsed(data: bytes | str) -> ParsedDocument:
    return MailParser().parse(source("folder/a.eml"), data.encode() if isinstance(data, str) else data)


def lines(document: ParsedDocument) -> list[tuple[str, str]]:
    return [row[:2] for row in shown(document)]


SIMPLE = """From: Zoe <zoe@a.example>\r
To: Ivar <ivar@a.example>,\r
 Maja <maja@a.example>\r
Subject: =?utf-8?q?The_pier_=C3=A9?= =?iso-8859-1?B?IGFuZCDkbW9yZQ==?=\r
Date: Mon, 4 Mar 2019 10:00:00 +0100\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Hello Ivar,\r
\r
The pier cost =E2=82=AC40 and was built by hand in the spring, which was=20\r
a wet one.\r
\r
- Oak posts\r
- Iron rings\r
\r
> Who built it?\r
> > And when?\r
\r
Best wishes\r
"""


def test_a_mail_in_words() -> None:
    document = parsed(SIMPLE)
    assert document.title == "The pier é and ämore"
    assert lines(document) == [
        ("heading", "The pier é and ämore"),
        ("paragraph", "From: Zoe <zoe@a.example>"),
        ("paragraph", "To: Ivar <ivar@a.example>, Maja <maja@a.example>"),
        ("paragraph", "Date: Mon, 4 Mar 2019 10:00:00 +0100"),
        ("paragraph", "Hello Ivar,"),
        ("paragraph", "The pier cost €40 and was built by hand in the spring, which was a wet one."),
        ("list_item", "Oak posts"),
        ("list_item", "Iron rings"),
        ("quote", "Who built it? And when?"),
        ("paragraph", "Best wishes"),
    ]


def mail(subject: str = "Pier") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = "zoe@a.example", subject
    return message


def test_of_text_and_page_the_text_is_read_and_attachments_are_listed() -> None:
    message = mail()
    message.set_content("As text.")
    message.add_alternative("<p>As a <b>page</b>.</p>", subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Entwürfe 1.pdf")
    message.add_attachment(b"x", maintype="application", subtype="octet-stream")
    message.add_attachment("kept apart", filename="notes.txt")
    assert lines(parsed(message.as_bytes()))[2:] == [
        ("paragraph", "As text."),
        ("list_item", "Attachment: Entwürfe 1.pdf"),
        ("list_item", "Attachment: application/octet-stream"),
        ("list_item", "Attachment: notes.txt"),
    ]


def test_a_page_alone_is_read_as_one() -> None:
    message = mail()
    message.set_content(" \n")
    message.add_alternative(
        "<style>p{}</style><h2>News</h2><ul><li>Oak</ul><p style='display:none'>no</p>", subtype="html"
    )
    assert lines(parsed(message.as_bytes()))[2:] == [("heading", "News"), ("list_item", "Oak")]


def test_a_message_inside_is_a_section_of_its_own() -> None:
    inner = mail("The storm")
    inner.set_content("It came at night.")
    outer = mail("Fwd")
    outer.set_content("See below.")
    outer.add_attachment(inner)
    assert shown(parsed(outer.as_bytes()))[2:] == [
        ("paragraph", "See below.", ()),
        ("heading", "The storm", ()),
        ("paragraph", "From: zoe@a.example", ("The storm",)),
        ("paragraph", "It came at night.", ("The storm",)),
    ]


@pytest.mark.parametrize(
    ("header", "body", "words"),
    [
        ("text/plain; charset=iso-8859-1", "It cost \x80 40.".encode("latin-1"), "It cost € 40."),
        ("text/plain; charset=koi8-r", "Пристань".encode("koi8-r"), "Пристань"),
        ("text/plain", "Zoë 🙂".encode(), "Zoë 🙂"),
        ("text/plain; charset=us-ascii", "Zoë 🙂 was here.".encode(), "Zoë 🙂 was here."),
        ("text/plain; charset=x-unknown", "Zoë".encode(), "Zoë"),
        ("text/html; charset=windows-1251", "<p>Пристань".encode("cp1251"), "Пристань"),
        ("text/html", '<meta charset="windows-1251"><p>Пристань'.encode("cp1251"), "Пристань"),
    ],
)
def test_declared_and_missing_encodings(header: str, body: bytes, words: str) -> None:
    data = f"From: a\r\nContent-Type: {header}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + body
    assert lines(parsed(data))[-1][1] == words


def test_headers_that_are_utf8_or_broken() -> None:
    assert parsed("Subject: Zoë's pier\nFrom: a\n\nText.\n").title == "Zoë's pier"
    assert parsed("Subject: =?nope?q?abc?=\nFrom: a\n\nText.\n").title == "=?nope?q?abc?="
    assert parsed(b"From a Mon Mar 4\nSubject: mbox\nX: y\n\nText.\n").title == "mbox"


def test_a_nest_of_parts_ends() -> None:
    data = "From: a\n"
    for depth in range(200):
        data += f'Content-Type: multipart/mixed; boundary="b{depth}"\n\n--b{depth}\n'
    document = parsed(data + "\nDeep.\n")
    assert "Attachment: multipart/mixed" in document.text
    with pytest.raises(UnreadableDocument, match="too deep"):
        parsed("From: a\n" + "".join(f'Content-Type: multipart/x; boundary="b{n}"\n\n--b{n}\n' for n in range(3000)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (docx(p("x")), "is a ZIP file"),
        (b"<html><p>x", "is a web page"),
        (b"Just words, and no header.\n", "is not a mail"),
        (b"Note: this looks like one\n\nbut is none\n", "is not a mail"),
        (b"From: a\nContent-Transfer-Encoding: 8bit\n\ncaf\xe9\n", "no older encoding is certain"),
    ],
)
def test_other_files_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        parsed(data)
