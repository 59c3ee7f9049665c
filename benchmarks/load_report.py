"""Writes what `benchmarks.load` found: a table, a plot, and the figures themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qa.evaluation.svg import Axis, Plot

HEAD = """# What a service holds under load

`python -m benchmarks.load OUTPUT --work FOLDER` starts `qa serve` with its settings as they are and the shipped models, over
{documents:,} short documents, and asks at fixed rates (*open-loop*: a question is sent when its time has come, whatever became of
those before), from sixteen addresses. *Peak* is what two clients get who ask one question after another: **{peak}
answers a second**. The client took its share of the machine's two cores, and so did other programs (load average over the
last minute beside each rate, over the last quarter of an hour in the end {load_average}). Refusals are 503 and, over 50 requests
a second from one address, 429. *Client late* is how late the client's own loop was, a hundred times a second: so much of a
time that it saw may be its own. *By the service* is the least bound of its histogram (`quoth_request_seconds`) that held
all of them: from a request's arrival to the end of its answer by its own clock.

![Answers a second against questions offered a second](load.svg)

| Offered, times peak | offered a second | answered a second | refused | broken off | p50 ms | p95 ms | p99 ms | refusals p95, max ms | by the service | `/livez` p95, max ms | by the service | client late, p99, max ms | load |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def report(found: dict[str, Any], output: Path) -> None:
    """Write load.json, load.md and load.svg."""
    output.mkdir(parents=True, exist_ok=True)
    (output / "load.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (output / "load.md").write_text(HEAD.format(**found) + _rows(found) + _words(found), encoding="utf-8")
    (output / "load.svg").write_text(_plot(found), encoding="utf-8")


def _refused(one: dict[str, Any]) -> int:
    return sum(one["statuses"].get(status, 0) for status in ("429", "503"))


def _rows(found: dict[str, Any]) -> str:
    return "".join(
        f"| {one['times']:g} | {one['offered']} | {one['goodput']} | {_refused(one)} | {one['statuses'].get('0', 0)} "
        f"| {_ms(one['p50'])} | {_ms(one['p95'])} | {_ms(one['p99'])} "
        f"| {_ms(one['refused_p95'])}, {_ms(one['refused_max'])} | {_bound(one['service_refused'])} "
        f"| {_ms(one['livez_p95'])}, {_ms(one['livez_max'])} | {_bound(one['service_livez'])} "
        f"| {_ms(one['client_late']['p99'])}, {_ms(one['client_late']['max'])} | {one['load_average']:.1f} |\n"
        for one in found["rates"]
    )


def _bound(counts: dict[str, float | None]) -> str:
    return f"≤ {_ms(counts['all'])}" if counts["requests"] else "–"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _words(found: dict[str, Any]) -> str:
    worst, over, slow, stop = found["rates"][-1], found["overload"], found["slow"], found["stop"]
    turns = found["turns"]
    most = max(turns["goodput"][times] for times in ("1.5", "2.0"))
    grown = over["after"]["rss_kb"] / over["before"]["rss_kb"] - 1
    lines = [
        f"**R9, overload.** Ten times the peak for {over['hold']:g} s: {worst['goodput']} answers a second, "
        f"{_refused(worst):,} refused with 503 or 429 and "
        f"`Retry-After`, {worst['livez_failed']} probes of `/livez` failed; memory {100 * grown:+.1f} %. Ten seconds later, at "
        f"half the peak: p95 {_ms(found['recovered']['p95'])} ms, {_refused(found['recovered'])} refused.\n\n"
        f"Beside the most that is answered, {turns['rounds']} times in turns of {turns['seconds']:g} s each, as the rows above "
        f"were measured at different times: {turns['goodput']['10.0']} answers a second at ten times the peak, {most} at "
        f"once and a half or twice: **{100 * turns['share']:.0f} %**. Refusals took {_ms(turns['overload']['refused_max'])} ms "
        f"at most, `/livez` {_ms(turns['overload']['livez_max'])} ms, {turns['overload']['livez_failed']} probes failed; by the "
        f"service's own clock ≤ {_ms(turns['overload']['service_refused'])} and ≤ {_ms(turns['overload']['service_livez'])} ms, "
        f"and the client was {_ms(turns['overload']['client_late'])} ms late at most. "
        f"The client itself took {100 * turns['client']['10.0']:.0f} % of a core at ten times the peak and "
        f"{100 * turns['client']['1.5']:.0f} % at once and a half.",
        f"**R10, slow clients.** 500 half-open connections, 200 idle ones and 100 that read nothing, at half the peak: p95 "
        f"{_ms(slow['during']['p95'])} ms with them (the 100 are questions too, which are worked on) and {_ms(slow['before']['p95'])} ms before; {slow['ended']} of the 500 "
        f"were gone, the last after {slow['half_open_gone_after']} s.",
        f"**R12, the end.** SIGTERM at three quarters of the peak: of {stop['sent']} questions sent by then "
        f"{stop['statuses'].get(200, stop['statuses'].get('200', 0))} were answered; exit code {stop['exit']} after "
        f"{stop['seconds']} s.",
    ]
    return "\n" + "\n\n".join(lines) + "\n"


def _plot(found: dict[str, Any]) -> str:
    points = [(one["times"], one["goodput"]) for one in found["rates"]]
    high = max(goodput for _, goodput in points) * 1.2
    plot = Plot(
        name="load",
        title="Answers a second, by what is offered",
        description="; ".join(f"{times:g} times the peak: {goodput} answers a second" for times, goodput in points),
        x=Axis(label="questions offered, as multiples of the peak", high=points[-1][0]),
        y=Axis(label="answers a second", high=high),
    )
    plot.line([(0, found["peak"]), (points[-1][0], found["peak"])], style="aside")
    plot.line([(0.0, 0.0), *points])
    plot.dots(((times, goodput), f"{times:g}: {goodput}") for times, goodput in points)
    return plot.standalone()
