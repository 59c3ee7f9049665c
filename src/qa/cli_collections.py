"""Which collections a command is about: the option `--collection`, and what it means with the settings."""

import argparse
from typing import TYPE_CHECKING

from qa.errors import ConfigError

if TYPE_CHECKING:
    from qa.settings import Settings


def add_argument(parser: argparse.ArgumentParser) -> None:
    """The option."""
    parser.add_argument("--collection", metavar="NAME", help="[collections.NAME] of the settings file alone")


def chosen(settings: "Settings", options: argparse.Namespace) -> "dict[str | None, Settings]":
    """The settings of the collection that is named, or of all, by name; raises ConfigError for an unknown one."""
    each = settings.each()
    name = options.collection
    if name is None:
        return each
    if name not in each:
        named = ", ".join(str(known) for known in each if known)
        raise ConfigError(
            f"There is no collection {name!r} in the settings.",
            remedy=f"Name one of these: {named}." if named else "Add a table [collections.NAME] to the settings file.",
        )
    return {name: each[name]}


def the_one(settings: "Settings", options: argparse.Namespace) -> "Settings":
    """The settings of the collection that is named, or of the only one; raises ConfigError when one must be named."""
    found = chosen(settings, options)
    if len(found) > 1:
        named = ", ".join(str(name) for name in found)
        raise ConfigError("There are several collections.", remedy=f"Name one with --collection: {named}.")
    return next(iter(found.values()))
