"""The plots of a report: risk against coverage, confidence against accuracy, and the time of each stage."""

from collections.abc import Sequence
from pathlib import Path

from qa.evaluation.confidence import Bin, Point, point_at
from qa.evaluation.measures import labels_of
from qa.evaluation.report import Report
from qa.evaluation.svg import Axis, Plot
from qa.evaluation.writing import write_atomically

MOST_POINTS = 400
"""More points on a curve show no more and weigh much."""


def write_plots(report: Report, folder: Path) -> list[Path]:
    """Write every plot that the report has something for; raises EvaluationError when that is not possible."""
    plots = {"latency": latency_plot(report)}
    if report.curve:
        now = point_at(report.threshold, *labels_of(report.rows))
        plots["risk-coverage"] = risk_coverage_plot(report.curve, now, name="risk-coverage")
        plots["reliability"] = reliability_plot(report.calibration)
    paths = []
    for name, plot in sorted(plots.items()):
        paths.append(folder / f"{report.name}-{name}.svg")
        write_atomically(paths[-1], plot.standalone())
    return paths


def risk_coverage_plot(
    curve: Sequence[Point], now: Point, *, name: str, others: Sequence[tuple[str, Point]] = ()
) -> Plot:
    """The share of wrong answers against the share of questions answered, with the present threshold marked.

    `others` are further points of the curve with their names.
    """
    high = max(0.1, *(point.risk for point in curve))
    plot = Plot(
        name=name,
        title="Wrong answers, by how much is answered",
        description=_described(curve, now),
        x=Axis(label="Share of questions answered", percent=True),
        y=Axis(label="Share of answers that are wrong", high=min(1.0, -(-high // 0.1) * 0.1), percent=True),
    )
    plot.line([(point.coverage, point.risk) for point in thinned(curve)])
    plot.dots([((p.coverage, p.risk), f"{words}: {_words(p)}") for words, p in others if p.answered], style="other")
    if now.answered:
        plot.dots([((now.coverage, now.risk), f"Threshold {now.threshold:g}: {_words(now)}")], style="now")
    return plot


def reliability_plot(bins: Sequence[Bin]) -> Plot:
    """The share of right answers against confidence, with the line on which both are equal."""
    gap = max(abs(one.confidence - one.accuracy) for one in bins)
    plot = Plot(
        name="reliability",
        title="What a confidence is worth",
        description=f"{len(bins)} groups of like confidence; the widest gap between confidence and share right is "
        f"{gap:.0%}. On the dashed line both would be equal.",
        x=Axis(label="Confidence", percent=True),
        y=Axis(label="Share that is right", percent=True),
    )
    plot.line([(0, 0), (1, 1)], style="aside")
    plot.line([(one.confidence, one.accuracy) for one in bins])
    plot.dots(
        (
            (one.confidence, one.accuracy),
            f"{one.size} questions: confidence {one.confidence:.0%}, {one.accuracy:.0%} right",
        )
        for one in bins
    )
    return plot


def latency_plot(report: Report) -> Plot:
    """Median and 95th percentile of every stage as bars."""
    latency = report.latency_ms
    high = max(1.0, *(both["p95"] for both in latency.values()))
    words = "; ".join(f"{stage}: {both['p50']:.0f} and {both['p95']:.0f} ms" for stage, both in latency.items())
    plot = Plot(
        name="latency",
        title="Time of each stage: median, and 95th percentile in grey",
        description=words,
        x=Axis(label="", high=float(len(latency))),
        y=Axis(label="Milliseconds", high=high * 1.05),
    )
    for number, (stage, both) in enumerate(latency.items()):
        plot.bars([(number + 0.1, number + 0.48, both["p50"], f"{stage}, median: {both['p50']:.1f} ms")])
        plot.bars(
            [(number + 0.52, number + 0.9, both["p95"], f"{stage}, 95th percentile: {both['p95']:.1f} ms")],
            style="bar-aside",
        )
        plot.text((number + 0.5, 0), stage)
    return plot


def thinned(curve: Sequence[Point]) -> list[Point]:
    """At most MOST_POINTS of the points, evenly, the first and the last among them."""
    if len(curve) <= MOST_POINTS:
        return list(curve)
    return [curve[round(number * (len(curve) - 1) / (MOST_POINTS - 1))] for number in range(MOST_POINTS)]


def _described(curve: Sequence[Point], now: Point) -> str:
    everything = curve[-1]
    if not now.answered:
        return f"At the threshold {now.threshold:g} nothing is answered. If everything were: {_words(everything)}."
    return f"At the threshold {now.threshold:g}, {_words(now)}. If everything were answered: {_words(everything)}."


def _words(point: Point) -> str:
    return f"{point.coverage:.0%} answered, {point.risk:.0%} of these wrong"
