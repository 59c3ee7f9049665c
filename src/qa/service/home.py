"""Where something that is told comes from: the collection, and when the files of its documents were changed."""

from dataclasses import dataclass

from qa.service.dates import Dates, unknown


@dataclass(frozen=True, slots=True)
class Home:
    """The name of a collection (None where there is only one, without a name) and the times of its files."""

    collection: str | None = None
    dates: Dates = unknown


SOMEWHERE = Home()
"""The one collection without a name, of whose files no times are known."""
