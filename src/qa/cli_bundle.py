"""The command `qa bundle`: packs the corpus with its index into one file, or unpacks such a file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from qa import cli_collections
from qa.text.words import counted

if TYPE_CHECKING:
    from qa.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the bundle: a tar file")
    parser.add_argument(
        "--restore", action="store_true", help="check the bundle and unpack it into the corpus and index folders"
    )


def bundle(settings: "Settings", options: argparse.Namespace) -> int:
    """Pack the corpus with its index into one file, or unpack it."""
    from qa.bundle import digest, pack, restore

    settings = cli_collections.the_one(settings, options)
    if options.restore:
        held = restore(options.file, settings.corpus, settings.index)
        print(f"Unpacked {counted(held.files, 'file')}, all as packed, into {settings.corpus} and {settings.index}.")
    else:
        held = pack(settings.corpus, settings.index, options.file)
        for path in held.left_out:
            print(f"left out: {path}", file=sys.stderr)
        print(f"Packed {counted(held.files, 'file')} ({held.size / 1e6:,.1f} MB) into {options.file}.")
    print(f"Generation {held.generation}, SHA-256 of the bundle: {digest(options.file)}")
    return 0
