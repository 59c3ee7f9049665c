"""P1 to P15: files made to hurt their parser. Each is indexed or skipped with a reason; the parent and others go on."""

from pathlib import Path

import pytest

import pdf_hostile
from docx_maker import MAIN, docx, p, packed, part
from ingest import Ingested, ingest
from pdf_maker import Page, assemble, pdf
from shelf import Shelf
from xlsx_maker import xlsx

MB = 1_000_000


def one(tmp_path: Path, name: str, data: bytes) -> tuple[Ingested, str]:
    """Index one hostile file; returns why it was skipped, empty when it was not."""
    done = ingest(Shelf(tmp_path, max_document_bytes=50 * MB), {name: data})
    return done, done.reason(name) or ""


def test_p1_a_word_file_that_unpacks_to_hundreds_of_megabytes_is_refused(tmp_path: Path) -> None:
    bomb = docx("", raw={"word/document.xml": b"<" + b" " * (250 * MB)})
    assert "unpacks to 250 MB" in one(tmp_path, "bomb.docx", bomb)[1]


def test_p2_a_large_part_that_nothing_refers_to_is_never_unpacked(tmp_path: Path) -> None:
    done, reason = one(tmp_path, "media.docx", docx(p("The pier."), raw={"word/media/a.bin": bytes(120 * MB)}))
    assert "unpacks to 120 MB" in reason or done.texts["media.docx"] == "The pier."


ENTITIES = f"""<!DOCTYPE w [<!ENTITY e0 "ha">{"".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))}]>"""


def with_declaration(declaration: str, words: str) -> bytes:
    body = part("document", f"<w:body>{p(words)}</w:body>").replace("?>", f"?>{declaration}", 1)
    return docx("", raw={"word/document.xml": body})


def test_p3_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    assert one(tmp_path, "laughs.docx", with_declaration(ENTITIES, "&e9;"))[1]


def test_p4_an_entity_that_names_a_file_brings_nothing_in(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the secret word")
    declaration = f'<!DOCTYPE w [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    done, reason = one(tmp_path, "xxe.docx", with_declaration(declaration, "A&x;"))
    assert "declares entities" in reason
    assert not any("secret" in text for text in done.texts.values())


def test_p5_xml_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    deep = part("document", "<w:body>" + "<w:p>" * 100_000)
    assert "broken" in one(tmp_path, "deep.docx", docx("", raw={"word/document.xml": deep}))[1]


@pytest.mark.parametrize("case", sorted(pdf_hostile.CASES))
def test_p6_p7_p9_pages_made_to_eat_time_or_memory_end_within_the_limits(tmp_path: Path, case: str) -> None:
    done, reason = one(tmp_path, "page.pdf", pdf_hostile.CASES[case]())
    assert reason or done.texts["page.pdf"].startswith("word")


def test_p8_a_tree_of_pages_that_holds_itself_is_skipped(tmp_path: Path) -> None:
    tree = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [2 0 R] /Count 2000000000 >>"}
    assert one(tmp_path, "loop.pdf", assemble(tree))[1]


@pytest.mark.parametrize("tag", ["div", "b", "table"])
def test_p10_a_page_of_200_000_nested_elements_is_never_cut_in_silence(tmp_path: Path, tag: str) -> None:
    assert one(tmp_path, "deep.html", b"<%s>" % tag.encode() * 200_000 + b"The end of it.")[1]


@pytest.mark.parametrize("mark", [b"[", b"*a ", b"> ", b"`", b"![", b"<a ", b"<!--"])
def test_p11_markup_that_repeats_without_end_comes_to_an_end(tmp_path: Path, mark: bytes) -> None:
    done, reason = one(tmp_path, "marks.md", b"# Top\n\nThe pier.\n\n" + mark * 50_000)
    assert "deep" in reason if mark == b"> " else "The pier." in done.texts["marks.md"]


@pytest.mark.parametrize("mark", [b"`a <", b":w"])
def test_p11_marks_of_rst_that_never_end_come_to_an_end(tmp_path: Path, mark: bytes) -> None:
    assert "The pier." in one(tmp_path, "marks.rst", b"Top\n===\n\nThe pier.\n\n" + mark * 50_000)[0].texts["marks.rst"]


def test_p11_lines_that_are_all_torn_apart_come_to_an_end(tmp_path: Path) -> None:
    done, reason = one(tmp_path, "torn.txt", b"The pier\n\n" + b"of it\n\n" * 150_000 + b"it ends.")
    assert not reason
    assert done.texts["torn.txt"] == "The pier " + "of it " * 150_000 + "it ends."


def test_p11_a_deep_list_is_kept_whole_or_refused(tmp_path: Path) -> None:
    items = "\n".join("  " * depth + f"- item{depth}x" for depth in range(40))
    done, reason = one(tmp_path, "list.md", items.encode())
    assert reason or all(f"item{depth}x" in done.texts["list.md"] for depth in range(40))


def test_p12_files_over_the_limit_are_not_read(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, max_document_bytes=50 * MB).write({})
    with (shelf.corpus / "large.txt").open("wb") as file:
        file.truncate(2_000 * MB)
    assert "over the limit" in str(ingest(shelf, {}).reason("large.txt"))


@pytest.mark.parametrize(
    "data",
    [b"a\0b", "ab".encode("utf-16-le"), b"caf\xe9\xff\xfe", b"\xed\xa0\x80 half a character"],
    ids=["NUL", "UTF-16 without mark", "invalid", "surrogate"],
)
def test_p12_bytes_that_are_no_text_are_never_guessed(tmp_path: Path, data: bytes) -> None:
    done, reason = one(tmp_path, "odd.txt", data)
    assert reason or "\ufffd" not in done.texts["odd.txt"]


def test_p12_one_line_of_many_megabytes_is_read_or_refused(tmp_path: Path) -> None:
    done, reason = one(tmp_path, "line.txt", b"word " * 200_000)
    assert reason or len(done.texts["line.txt"]) == 5 * 200_000 - 1


PAGES = {
    "locked": (pdf(Page().text(72, 700, "secret"), password="key"), ""),
    "no pages": (assemble({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>"}), ""),
    "picture": (pdf(Page()), "no text layer"),
}


@pytest.mark.parametrize("name", PAGES)
def test_p13_a_file_without_text_that_can_be_read_says_why(tmp_path: Path, name: str) -> None:
    data, words = PAGES[name]
    reason = one(tmp_path, "page.pdf", data)[1]
    assert reason
    assert words in reason


MISNAMED = {
    "macros.docx": docx(p("words"), kind=MAIN.replace("document.main", "document.macroEnabled.main")),
    "pdf.docx": pdf(Page().text(72, 700, "words")),
    "word.pdf": docx(p("words")),
    "zip.docx": packed({"a.txt": "words"}),
    "picture.txt": b"\x89PNG\r\n\x1a\n\0\0",
    "old.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000),
}


@pytest.mark.parametrize("name", MISNAMED)
def test_p14_a_file_is_what_its_bytes_say_and_another_name_is_a_reason(tmp_path: Path, name: str) -> None:
    assert name in one(tmp_path, name, MISNAMED[name])[1]


def test_p14_a_pdf_that_is_an_archive_too_is_read_as_its_name_says_or_refused(tmp_path: Path) -> None:
    both = pdf(Page().text(72, 700, "words")) + packed({"a.txt": "other"})
    done, reason = one(tmp_path, "both.pdf", both)
    assert reason or done.texts["both.pdf"] == "words"


FORMULA = '=HYPERLINK("http://example.org","press")'


def test_p15_a_formula_in_text_is_shown_as_text(tmp_path: Path) -> None:
    rows = [["Name", "Link"], ["Heron", FORMULA]]
    table = 'Name,Link\nHeron,"' + FORMULA.replace('"', '""') + '"\n'
    done = ingest(Shelf(tmp_path), {"a.csv": table.encode(), "a.xlsx": xlsx({"One": rows})})
    assert FORMULA in done.texts["a.csv"]
    assert FORMULA in done.texts["a.xlsx"]
