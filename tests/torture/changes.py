"""Ways in which the files of a corpus change, as programs and people change them; each with what must be found then.

A change writes `word` into what it makes, so that one can be told from another. It returns when the files are complete,
with the texts in which the word is to be found once the index follows.
"""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from library import Library

MANY = 100
PIECES = 4
Change = Callable[[Library, str], list[str]]


def text(word: str, what: str = "sleeps") -> str:
    """A short text with the word."""
    return f"The {word} {what} under the bridge."


def create(library: Library, word: str) -> list[str]:
    """A new file."""
    library.write(f"{word}.txt", text(word))
    return [text(word)]


def modify(library: Library, word: str) -> list[str]:
    """A file is written over where it lies."""
    library.write("changed.txt", text(word))
    return [text(word)]


def save_atomically(library: Library, word: str) -> list[str]:
    """An editor writes beside, keeps the old file as a backup, and renames."""
    library.write("saved.txt.new", text(word))
    place = library.settings.corpus / "saved.txt"
    if place.exists():
        place.replace(place.with_name("saved.txt~"))
    place.with_name("saved.txt.new").replace(place)
    return [text(word)]


def write_slowly(library: Library, word: str) -> list[str]:
    """A program writes piece by piece, with pauses in which the file rests for less than it must.

    Where the machine let it rest for longer, half of it may be found, and it is written once more with other words.
    """
    settle, attempt, longest = library.settings.settle_seconds, 0, float("inf")
    while longest >= settle:
        attempt, longest = attempt + 1, 0.0
        pieces = [f"The {word} sleeps under bridge {attempt}.{piece}." for piece in range(PIECES)]
        with (library.settings.corpus / f"{word}.txt").open("w") as file:
            written = time.monotonic()
            for piece in pieces:
                file.write(f"{piece}\n\n")
                file.flush()
                longest, written = max(longest, time.monotonic() - written), time.monotonic()
                time.sleep(settle / 3)
    return pieces


def edit_with_same_size_and_time(library: Library, word: str) -> list[str]:
    """A file changes, its size and its modification time do not."""
    place = library.settings.corpus / "alike.txt"
    before = place.stat().st_mtime_ns if place.exists() else 1_600_000_000_000_000_000
    library.write("alike.txt", text(word).ljust(80))
    os.utime(place, ns=(before, before))
    return [text(word)]


def rename(library: Library, word: str) -> list[str]:
    """A file that is indexed gets another name, and another takes its own."""
    place = library.settings.corpus / "name.txt"
    if place.exists():
        place.replace(place.with_name("other name.txt"))
    place.write_text(text(word))
    return [text(word)]


def move_folder_in(library: Library, word: str) -> list[str]:
    """A folder of files comes from elsewhere at once."""
    outside = library.settings.corpus.with_name(f"outside-{word}")
    (outside / "deeper").mkdir(parents=True)
    for name in ("a.txt", "b.md", "deeper/c.txt"):
        (outside / name).write_text(text(word, f"{Path(name).stem} sleeps"))
    outside.replace(library.settings.corpus / word)
    return [text(word, f"{letter} sleeps") for letter in "abc"]


def write_many(library: Library, word: str) -> list[str]:
    """Many files at once; one of them has the word."""
    for number in range(MANY):
        library.write(f"many/{number}.txt", text(word) if number == 0 else f"Lamp {number} is lit {word[::-1]}.")
    return [text(word)]


def delete(library: Library, word: str) -> list[str]:
    """The file that `create` made goes."""
    (library.settings.corpus / f"{word}.txt").unlink()
    return []


def move_folder_out(library: Library, word: str) -> list[str]:
    """The folder that `move_folder_in` brought goes, to be removed elsewhere."""
    away = library.settings.corpus.with_name(f"away-{word}")
    (library.settings.corpus / word).replace(away)
    shutil.rmtree(away)
    return []


MATRIX: tuple[tuple[Change, ...], ...] = (
    (create, delete),
    (modify,),
    (save_atomically,),
    (write_slowly,),
    (edit_with_same_size_and_time,),
    (rename,),
    (move_folder_in, move_folder_out),
    (write_many,),
)
"""Changes that follow upon one another with the same word."""

REPLACING = {modify, save_atomically, edit_with_same_size_and_time}
"""What takes the place of what the same change wrote before."""


def documents(count: int) -> dict[str, bytes]:
    """So many small documents, with few words in common."""
    return {
        f"{number // 100:03}/{number}.txt": f"Lighthouse {number} was built by keeper {number * 7}.".encode()
        for number in range(count)
    }
