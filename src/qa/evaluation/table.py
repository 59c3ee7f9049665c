"""Reports and comparisons as plain text for a terminal."""

from itertools import groupby

from qa.evaluation.compare import LEVEL, Comparison, Difference
from qa.evaluation.confidence import CERTAINTY, Point, as_setting
from qa.evaluation.measures import measures_for
from qa.evaluation.questions import Task
from qa.evaluation.report import Report
from qa.text.words import counted

MOST_QUESTIONS = 20
"""Questions listed under one change."""
RIGHT = {
    Task.READING: "Right: F1 of the answer's words of at least 0.5.",
    Task.OWN: "Right: the quotation holds an answer given, or the marked words have an F1 of at least 0.5; "
    "in the right document where one is named.",
}


def shown(value: float | None) -> str:
    """A figure with three decimals, or a dash when there was nothing to measure."""
    return "–" if value is None else f"{value:.3f}"


def render(report: Report) -> str:
    """The whole report."""
    lines = [*_head(report), ""]
    found = report.figures
    for group, measures in groupby(measures_for(report.rows), key=lambda measure: measure.group):
        lines.append(group)
        lines += [f"  {one.label:<58} {one.name:<26} {shown(found[one.name]):>6}" for one in measures]
        lines.append("")
    if report.points:
        lines += [*_thresholds(report), "", *_targets(report), ""]
    lines.append("Milliseconds                                                p50      p95")
    lines += [f"  {stage:<50} {both['p50']:>10.1f} {both['p95']:>8.1f}" for stage, both in report.latency_ms.items()]
    return "\n".join(lines)


def _head(report: Report) -> list[str]:
    about, counts = report.about, report.counts
    asked = counted(counts["questions"], "question")
    total = about["set"]["total"]
    if counts["questions"] < total:
        asked += f" of {total:,} (seed {about['set']['seed']})"
    if "answerable" in counts:
        asked += f", {counts['answerable']:,} answerable, {counts['unanswerable']:,} not"
    if about["set"]["gold_passage"]:
        asked += "; the reader got the question's own paragraph"
    lines = [f"{report.name}: {asked}"]
    lines.append(f"  generation {about['generation']}, reader {about['reader']}, encoder {about['encoder']}")
    if report.task in RIGHT:
        lines.append(f"  {RIGHT[report.task]}")
    return lines + [f"  Note: {note}" for note in report.notes]


def _thresholds(report: Report) -> list[str]:
    rows = [_point(point) for point in report.points]
    head = f"  {'threshold':>10} {'answered':>10} {'share':>8} {'precision':>10}"
    return [f"Answers at other thresholds (now {report.threshold:g})", head, *rows]


def _point(point: Point) -> str:
    precision = shown(point.precision if point.answered else None)
    return f"  {point.threshold:>10.3f} {point.answered:>10,} {point.coverage:>8.3f} {precision:>10}"


def _targets(report: Report) -> list[str]:
    lines = [f"Lowest threshold for a precision (plainly; with {CERTAINTY:.0%} certainty after Clopper and Pearson)"]
    for target in report.targets:
        both = "; ".join(_target(point) for point in (target.plain, target.certain))
        lines.append(f"  {target.precision:>10.2f}   {both}")
    return lines


def _target(point: Point | None) -> str:
    return f"{as_setting(point.threshold):.4f} answers {point.coverage:.1%}" if point else "not reached"


def render_comparison(found: Comparison) -> str:
    """Both reports of one set side by side, and the questions to which something else happened."""
    left_out = f"; {counted(found.left_out, 'question')} only in one of them" if found.left_out else ""
    lines = [f"{found.name}: {counted(found.common, 'common question')}{left_out}"]
    lines += [f"  {note}" for note in found.notes]
    lines += ["", f"  {'':<26} {'old':>8} {'new':>8} {'change':>8}   {LEVEL:.0f}% interval"]
    lines += [_difference(one) for one in found.differences]
    lines.append("  * the interval leaves out 0 (paired bootstrap)")
    for change in found.changes:
        lines += ["", f"{change.what}: {counted(len(change.questions), 'question')}"]
        lines += [f"  {question}" for question in change.questions[:MOST_QUESTIONS]]
        if len(change.questions) > MOST_QUESTIONS:
            lines.append(f"  … and {len(change.questions) - MOST_QUESTIONS:,} more")
    return "\n".join(lines)


def _difference(one: Difference) -> str:
    star = " *" if one.is_clear else ""
    return (
        f"  {one.measure.name:<26} {one.old:>8.3f} {one.new:>8.3f} {one.new - one.old:>+8.3f}"
        f"   {one.low:+.3f} to {one.high:+.3f}{star}"
    )
