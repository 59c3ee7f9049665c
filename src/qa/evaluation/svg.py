"""Writes plots as SVG: axes with ticks and labels, lines, dots and bars, a title and a description; nothing foreign.

Colours come from classes alone. A stand-alone file carries its own style sheet, for light and dark; inside a page the
page's sheet gives the same classes their colours, since its security policy allows no other.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

NAMESPACE = "http://www.w3.org/2000/svg"
WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 84, 30, 44, 56
"""Room around the plot in the units of the drawing."""
STYLE = """
.plot { background: #ffffff; font: 14px system-ui, sans-serif; }
.plot text { fill: #131a1d; }
.plot .heading { font-size: 16px; font-weight: 600; }
.plot .axis { stroke: #76838a; }
.plot .grid { stroke: #d8dfdd; }
.plot .line { fill: none; stroke: #0b5965; stroke-width: 2.5; }
.plot .aside { fill: none; stroke: #76838a; stroke-width: 1.5; stroke-dasharray: 5 4; }
.plot .dot { fill: #0b5965; }
.plot .now { fill: #ffffff; stroke: #9c2b1f; stroke-width: 3; }
.plot .bar { fill: #0b5965; }
.plot .bar-aside { fill: #76838a; }
@media (prefers-color-scheme: dark) {
  .plot { background: #0f1517; }
  .plot text { fill: #e6ebe9; }
  .plot .grid { stroke: #2a3539; }
  .plot .line { stroke: #86cfd8; }
  .plot .dot, .plot .bar { fill: #86cfd8; }
  .plot .now { fill: #0f1517; stroke: #ff9d8f; }
}
"""

XY = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A linear axis from 0 to `high` with its label; `percent` shows 0.5 as 50%."""

    label: str
    high: float = 1.0
    percent: bool = False

    def ticks(self) -> list[float]:
        """Round values, about five, from 0 to high."""
        step = 10 ** math.floor(math.log10(self.high))
        while self.high / step < 4:
            step /= 2
        count = math.floor(self.high / step + 1e-9)
        return [step * number for number in range(count + 1)]

    def share(self, value: float) -> float:
        """Where a value lies, 0 at 0 and 1 at high; what lies outside goes to the end."""
        return min(max(value / self.high, 0.0), 1.0)

    def shown(self, value: float) -> str:
        """A tick's label."""
        return f"{value * 100:.10g}%" if self.percent else f"{value:,.10g}"


class Plot:
    """A drawing that grows by `line`, `dots` and `bars`. `name` makes its ids unique on a page."""

    def __init__(self, *, name: str, title: str, description: str, x: Axis, y: Axis) -> None:
        self._name, self._title, self._description = name, title, description
        self._x, self._y = x, y
        self._marks: list[str] = []

    def line(self, points: Sequence[XY], *, style: str = "line") -> None:
        """A line through the points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self._at, points))
        self._marks.append(f'<polyline class="{style}" points="{path}"/>')

    def dots(self, points: Iterable[tuple[XY, str]], *, style: str = "dot") -> None:
        """Dots, each with the words that a pointer or a screen reader finds on it."""
        for point, words in points:
            x, y = self._at(point)
            self._marks.append(
                f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{escape(words)}</title></circle>'
            )

    def bars(self, values: Iterable[tuple[float, float, float, str]], *, style: str = "bar") -> None:
        """Bars from the foot, as (from x, to x, height, words)."""
        for start, end, height, words in values:
            left, top = self._at((start, height))
            right, bottom = self._at((end, 0))
            self._marks.append(
                f'<rect class="{style}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
                f'height="{bottom - top:.1f}"><title>{escape(words)}</title></rect>'
            )

    def text(self, point: XY, words: str) -> None:
        """Words below a point, centred."""
        x, y = self._at(point)
        self._marks.append(f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle">{escape(words)}</text>')

    def inline(self) -> str:
        """The drawing for a page, which brings the style sheet."""
        title, described = f"{self._name}-title", f"{self._name}-description"
        labelled = f'aria-labelledby="{title} {described}"'
        return "\n".join(
            (
                f'<svg xmlns="{NAMESPACE}" class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" {labelled}>',
                f'<title id="{title}">{escape(self._title)}</title>',
                f'<desc id="{described}">{escape(self._description)}</desc>',
                *self._frame(),
                *self._marks,
                "</svg>",
            )
        )

    def standalone(self) -> str:
        """The drawing as a file of its own."""
        head, _, rest = self.inline().partition("\n")
        return f"{head}\n<style>{STYLE}</style>\n{rest}\n"

    def _at(self, point: XY) -> XY:
        return (
            LEFT + self._x.share(point[0]) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - self._y.share(point[1]) * (HEIGHT - TOP - BOTTOM),
        )

    def _frame(self) -> list[str]:
        parts = [f'<text class="heading" x="{LEFT}" y="24">{escape(self._title)}</text>']
        foot = HEIGHT - BOTTOM
        for value in self._y.ticks():
            _, y = self._at((0, value))
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">{self._y.shown(value)}</text>')
        for value in self._x.ticks() if self._x.label else ():
            x, _ = self._at((value, 0))
            parts.append(f'<text x="{x:.1f}" y="{foot + 20}" text-anchor="middle">{self._x.shown(value)}</text>')
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{foot}" y2="{foot}"/>')
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(self._x.label)}</text>')
        middle = (TOP + foot) / 2
        parts.append(
            f'<text x="16" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 16 {middle:.1f})">'
            f"{escape(self._y.label)}</text>"
        )
        return parts
