"""The curves of a training run, from its log to an SVG file.

python -m training.plot_curves OUTPUT/log.jsonl [OUTPUT2/log.jsonl ...] curves.svg
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

Points = list[tuple[int, float]]


def read_logs(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """All entries of the logs, in order."""
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]


def losses(entries: Iterable[dict[str, Any]]) -> Points:
    """Loss by examples seen."""
    return [(entry["examples"], entry["loss"]) for entry in entries if "loss" in entry]


def scores(entries: Iterable[dict[str, Any]]) -> dict[str, Points]:
    """Each development score by examples seen; shares as per cent like the others."""
    found: dict[str, Points] = {}
    for entry in entries:
        for name, value in entry.get("average", {}).items():
            found.setdefault(name, []).append(
                (entry["examples"], 100 * value if name.endswith(("auroc", "first")) else value)
            )
    return found


def smooth(points: Sequence[tuple[int, float]], keep: float = 0.9) -> Points:
    """A running average without a head start."""
    result: Points = []
    level, weight = 0.0, 0.0
    for place, value in points:
        level, weight = keep * level + (1 - keep) * value, keep * weight + (1 - keep)
        result.append((place, level / weight))
    return result


def plot(entries: list[dict[str, Any]], target: Path) -> None:
    """Loss on the left, scores on the right."""
    mpl.rcParams["svg.hashsalt"] = "reader"
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    raw = losses(entries)
    left.plot(*zip(*raw, strict=True), color="0.8", linewidth=0.8)
    left.plot(*zip(*smooth(raw), strict=True), color="tab:blue")
    left.set(xlabel="examples", ylabel="training loss")
    for name, points in scores(entries).items():
        right.plot(*zip(*points, strict=True), marker=".", label=name.replace("_", " "))
    right.set(xlabel="examples", ylabel="development score, %")
    right.legend(fontsize=8)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})


def main() -> None:
    """Read the logs and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+")
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    plot(read_logs(arguments.logs), arguments.target)


if __name__ == "__main__":
    main()
