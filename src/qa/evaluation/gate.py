"""The least that figures must reach, as `name=value`, for a script that should fail when quality falls."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qa.errors import ConfigError
from qa.evaluation.measures import known
from qa.evaluation.report import Report


@dataclass(frozen=True, slots=True)
class Minimum:
    """A figure and the least that it must be; for a figure of which less is better, the most."""

    name: str
    value: float


def parse_minimum(text: str) -> Minimum:
    """From `f1=0.7`; raises ConfigError naming the figures there are when the name is not one of them."""
    name, _, number = text.partition("=")
    names = known()
    if name.strip() not in names:
        raise ConfigError(f"There is no figure “{name.strip()}”.", remedy=f"The figures are: {', '.join(names)}.")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f"“{text}” has no number.", remedy="Write it as --min f1=0.7.")
    return Minimum(name.strip(), value)


def missed(reports: Sequence[Report], minimums: Sequence[Minimum]) -> list[str]:
    """What is not reached, one sentence each. A figure that no report has is not reached either."""
    return [sentence for minimum in minimums for sentence in _missed(reports, minimum)]


def _missed(reports: Sequence[Report], minimum: Minimum) -> list[str]:
    measure = known()[minimum.name]
    found = [(report.name, value) for report in reports if (value := measure.of(report.rows)) is not None]
    if not found:
        return [f"{minimum.name} could not be measured on these questions."]
    if measure.better < 0:
        return [
            f"{name}: {minimum.name} is {value:.4f}, over {minimum.value:g}."
            for name, value in found
            if value > minimum.value
        ]
    return [
        f"{name}: {minimum.name} is {value:.4f}, under {minimum.value:g}."
        for name, value in found
        if value < minimum.value
    ]
