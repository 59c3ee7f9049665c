"""Plots: well formed, with words for those who do not see them, and points where the numbers are."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from evaluation.rows import MIXED, answer_row, ranking_row, report, unanswerable
from qa.evaluation.confidence import curve, point_at
from qa.evaluation.measures import labels_of
from qa.evaluation.plots import MOST_POINTS, latency_plot, reliability_plot, risk_coverage_plot, thinned, write_plots
from qa.evaluation.questions import Task
from qa.evaluation.svg import BOTTOM, HEIGHT, LEFT, NAMESPACE, RIGHT, TOP, WIDTH, Axis, Plot

OWN = report(MIXED)
SVG = f"{{{NAMESPACE}}}"


def drawn(plot: Plot) -> ET.Element:
    """The drawing, parsed; it must have a title, a description and no style of its own."""
    root = ET.fromstring(plot.inline())
    assert root.attrib["role"] == "img"
    identifiers = [element.attrib["id"] for element in root if "id" in element.attrib]
    assert root.attrib["aria-labelledby"].split() == identifiers
    assert [element.tag for element in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert all((element.text or "").strip() for element in list(root)[:2])
    assert "style" not in plot.inline()
    return root


def words(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_points_stand_where_their_numbers_are() -> None:
    plot = Plot(name="x", title="T", description="D", x=Axis(label="X", high=4), y=Axis(label="Y", high=2))
    plot.line([(0, 0), (4, 2), (2, 1), (9, 9)])

    (line,) = [element for element in drawn(plot) if element.tag == f"{SVG}polyline"]
    corner, middle = f"{WIDTH - RIGHT:.1f},{TOP:.1f}", ((LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2)
    foot = f"{LEFT:.1f},{HEIGHT - BOTTOM:.1f}"
    assert line.attrib["points"] == f"{foot} {corner} {middle[0]:.1f},{middle[1]:.1f} {corner}"


@pytest.mark.parametrize(
    ("high", "ticks"),
    [
        (1, [0, 0.25, 0.5, 0.75, 1]),
        (0.3, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]),
        (7, range(8)),
        (900, range(0, 901, 100)),
    ],
)
def test_ticks_are_round(high: float, ticks: list[float]) -> None:
    assert Axis(label="", high=high).ticks() == pytest.approx(list(ticks))


def test_words_are_escaped() -> None:
    plot = Plot(name="x", title="<b> & c", description="<script>", x=Axis(label="<x>"), y=Axis(label="&"))
    plot.dots([((0.5, 0.5), "<dot>")])
    plot.bars([(0, 1, 0.5, "<bar>")])
    plot.text((0.5, 0), "<text>")

    root = drawn(plot)
    assert root[0].text == "<b> & c"
    assert {"<x>", "<text>"} <= set(words(root))
    assert [title.text for title in root.iter(f"{SVG}title")][1:] == ["<dot>", "<bar>"]
    assert "<script>" not in plot.inline()


def test_the_curve_marks_the_present_threshold_and_says_it() -> None:
    now = point_at(0.6, *labels_of(MIXED))
    root = drawn(risk_coverage_plot(curve(*labels_of(MIXED)), now, name="c"))

    (mark,) = [element for element in root if element.attrib.get("class") == "now"]
    assert mark[0].text == "Threshold 0.6: 67% answered, 50% of these wrong"
    assert root[1].text == (
        "At the threshold 0.6, 67% answered, 50% of these wrong. If everything were answered: 100% answered, "
        "67% of these wrong."
    )
    assert {"0%", "100%", "Share of questions answered", "Share of answers that are wrong"} <= set(words(root))


def test_where_nothing_is_answered_nothing_is_marked() -> None:
    root = drawn(risk_coverage_plot(curve(*labels_of(MIXED)), point_at(1, *labels_of(MIXED)), name="c"))

    assert not [element for element in root if element.attrib.get("class") == "now"]
    assert "nothing is answered" in (root[1].text or "")


def test_the_other_plots_say_their_numbers() -> None:
    reliability = drawn(reliability_plot(OWN.calibration))
    assert "6 groups" in (reliability[1].text or "")
    assert len([element for element in reliability if element.tag == f"{SVG}circle"]) == 6
    latency = drawn(latency_plot(OWN))
    assert latency[1].text == "retrieve: 10 and 10 ms; read: 90 and 90 ms; total: 100 and 100 ms"
    assert {"retrieve", "read", "total"} <= set(words(latency))


def test_a_long_curve_is_thinned_with_both_ends() -> None:
    points = curve([number / 5000 for number in range(5000)], [True] * 5000)

    few = thinned(points)
    assert len(few) == MOST_POINTS
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert thinned(points[:10]) == points[:10]


def test_files_bring_their_own_style_for_light_and_dark(tmp_path: Path) -> None:
    paths = write_plots(OWN, tmp_path / "plots")

    assert [path.name for path in paths] == ["mine-latency.svg", "mine-reliability.svg", "mine-risk-coverage.svg"]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        ET.fromstring(text)
        assert "prefers-color-scheme: dark" in text


def test_a_ranking_has_only_its_times(tmp_path: Path) -> None:
    ranked = report([ranking_row("a", [1], [1])], task=Task.RETRIEVAL)

    assert [path.name for path in write_plots(ranked, tmp_path)] == ["mine-latency.svg"]


def test_extremes_can_be_drawn() -> None:
    for rows in ([answer_row("a", 1.0)], [unanswerable("a", 0.0, answered=True)]):
        one = report(rows)
        drawn(risk_coverage_plot(one.curve, point_at(0.0, *labels_of(rows)), name="c"))
        drawn(reliability_plot(one.calibration))
