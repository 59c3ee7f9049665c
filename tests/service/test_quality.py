"""The quality page: the last evaluation of one's own questions, or how to make one; never an error."""

import pytest

from evaluation.rows import MIXED, answer_row, report
from html_tree import Element, parse
from library import Library
from qa.evaluation.saved import FILE, save


def quality(library: Library) -> Element:
    """The page, parsed."""
    response = library.client().get("/quality")
    assert response.status_code == 200
    assert "default-src 'none'" in response.headers["content-security-policy"]
    root = parse(response.text)
    assert all(script.attributes["src"].startswith("/static/") for script in root.all("script"))
    assert not root.all("style")
    assert all("style" not in element.attributes for element in root.all())
    return root


def test_without_an_evaluation_the_page_says_how_to_make_one(built: Library) -> None:
    root = quality(built)

    assert not root.one("main").all("svg")
    assert "Nothing has been measured yet" in root.one("main").text
    assert "qa eval questions.jsonl" in root.one("main").text


def test_the_curve_the_table_and_the_sentence(built: Library) -> None:
    save([report(MIXED, generation=built.store.current())], built.settings.index)

    root = quality(built)

    (drawing,) = root.one("main").all("svg")
    assert drawing.attributes["role"] == "img"
    named = {element.attributes.get("id") for element in drawing.all()}
    assert set(drawing.attributes["aria-labelledby"].split()) <= named
    (finding,) = root.all(of_class="finding")
    assert (
        finding.text
        == "At the threshold 0.2, Quoth answered 67% of these questions, and 50% of its answers were right."
    )
    rows = [
        [cell.text for cell in row.children if isinstance(cell, Element)] for row in root.all("tbody")[-1].all("tr")
    ]
    assert rows[8] == ["0.8", "2", "33%", "100%", "32%"], "the square root of 0.1 is 0.316"
    assert rows[2][0] == "0.2 as measured"
    facts = root.one(of_class="facts").text
    assert "6: 4 that the documents answer, 2 that they do not" in facts
    assert "1 January 2026, 12:00 UTC" in facts
    assert "the one that answers now" in facts
    assert "not the one" not in facts


def test_what_a_target_precision_stands_for_is_told_with_and_without_an_evaluation(built: Library) -> None:
    def rows() -> list[list[str]]:
        body = quality(built).all("tbody")[0]
        return [[cell.text for cell in row.children if isinstance(cell, Element)] for row in body.all("tr")]

    assert rows()[1] == ["0.6", "0.207"]
    assert rows()[-1] == ["0.95", "0.95"]
    save([report(MIXED, generation=built.store.current())], built.settings.index)

    assert rows()[1] == ["0.6", "0.207", "4", "67%", "50%", "14%"], "0.9, 0.8 right, 0.7, 0.6 wrong"
    assert rows()[5] == ["0.85", "0.747", "2", "33%", "100%", "32%"], "the square root of 0.1 is 0.316"
    assert rows()[-1] == ["0.95", "0.95", "0", "0%", "–", "–"]
    dots = [dot.one("title").text for dot in quality(built).all("circle", of_class="other")]
    assert "target_precision 0.85, threshold 0.747: 33% answered, 0% of these wrong" in dots
    assert len(dots) == 7, "nothing is answered at 0.95"


def test_thresholds_for_a_precision_are_offered(built: Library) -> None:
    rows = [answer_row(str(number), 0.5 + number / 1000) for number in range(40)]
    save([report(rows, generation=built.store.current())], built.settings.index)

    offers = [item.text for item in quality(built).one(of_class="targets").all("li")]

    assert offers[1] == "For 90% right answers, set answer_threshold to 0.5: it answers 100% of these questions."
    assert "no threshold is sure enough" in offers[2], "40 right answers of 40 are no surer than 94.4%"


def test_the_same_files_built_again_are_still_measured(built: Library) -> None:
    digest = built.store.current().partition("-")[2]
    save([report(MIXED, generation=f"000099-{digest}")], built.settings.index)

    assert not quality(built).all(of_class="outdated")


def test_another_index_is_said_so(built: Library) -> None:
    save([report(MIXED)], built.settings.index)

    assert "not the one that answers now" in quality(built).one(of_class="outdated").text


def test_a_sample_is_said_so_and_names_are_shown_as_text(built: Library) -> None:
    facts = {"sha256": "0", "total": 1234, "seed": 7, "gold_passage": False}
    one = report(MIXED, set=facts, name="<b>&x")
    save([one, report(MIXED, name="second")], built.settings.index)

    root = quality(built)

    assert "6, a sample of 1,234" in root.all(of_class="facts")[0].text
    assert [heading.text for heading in root.one("main").all("h2")][:3] == ["In force", "<b>&x", "second"]
    identifiers = [element.attributes["id"] for element in root.all() if "id" in element.attributes]
    assert len(identifiers) == len(set(identifiers))


def test_nothing_answered_at_the_threshold(built: Library) -> None:
    save([report(MIXED, threshold=0.95)], built.settings.index)

    root = quality(built)
    assert root.all(of_class="finding")[0].text == "At the threshold 0.95, Quoth answered 0% of these questions."
    steps = [row.one("th").text for row in root.all("tbody")[-1].all("tr")]
    assert steps == ["0.0", *(f"0.{tenth}" for tenth in range(1, 10)), "0.95 as measured"]


def test_a_damaged_evaluation_is_a_notice(built: Library) -> None:
    (built.settings.index / FILE).write_text("{")

    assert "evaluation.json" in quality(built).one(of_class="notice").text


def test_an_index_with_an_evaluation_is_as_good_as_before(built: Library) -> None:
    save([report(MIXED)], built.settings.index)

    assert built.client().get("/readyz").status_code == 200
    assert built.build().published is False


@pytest.mark.parametrize("path", ["/", "/sources", "/quality"])
def test_every_page_leads_there(built: Library, path: str) -> None:
    root = parse(built.client().get(path, headers={"accept": "text/html"}).text)

    assert [link.text for link in root.one("nav").all("a") if link.attributes["href"] == "/quality"]
