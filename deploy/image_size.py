"""How large the image of deploy/Dockerfile will be, told without an engine; fails when that is more than it should be.

    make image-size        (or: python deploy/image_size.py ENVIRONMENT)

ENVIRONMENT is a virtual environment as the image has it, which `make .venv-light/.installed` makes. Counted are its
files, those that the Dockerfile copies, and the base with what is added to it: BASE_MEGABYTES. Two names of one file
count once. The limit is that of deploy/build-image.sh, where the image itself is measured; MOST_MEGABYTES sets another.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASE_MEGABYTES = 150
"""The pinned python:…-slim-bookworm has some 125 MB unpacked on amd64; the rest is for other machines and versions."""
LIMIT = re.compile(r"^MOST_MEGABYTES=\$\{MOST_MEGABYTES:-(\d+)\}$", re.MULTILINE)
COPY = re.compile(r"^COPY (?!--from)(.+) \S+$", re.MULTILINE)


def limit() -> int:
    """The megabytes that are allowed."""
    (most,) = LIMIT.findall((ROOT / "deploy" / "build-image.sh").read_text(encoding="utf-8"))
    return int(os.environ.get("MOST_MEGABYTES", most))


def copied() -> list[Path]:
    """What the Dockerfile takes from the repository."""
    lines = COPY.findall((ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8"))
    return [ROOT / name for line in lines for name in line.split()]


def megabytes(places: list[Path], *, compiled: bool) -> float:
    """Of all files there, each counted once; links are not followed. `compiled` files of Python count or do not."""
    found = {}
    for path in files(places):
        if compiled or "__pycache__" not in path.parts:
            stat = path.lstat()
            found[stat.st_dev, stat.st_ino] = stat.st_size
    return sum(found.values()) / 1e6


def files(places: list[Path]) -> Iterator[Path]:
    """Every file at these places; raises OSError for a place that is not there."""
    for place in places:
        if place.is_dir():
            for folder, _, names in os.walk(place):
                yield from (Path(folder) / name for name in names)
        else:
            place.lstat()
            yield place


def main(environment: Path) -> int:
    """Print the parts and the sum; 1 when that is over the limit, 2 when there is nothing to count."""
    if not (environment / "pyvenv.cfg").exists():
        sys.stderr.write(f"{environment} is no virtual environment. Make it: make .venv-light/.installed\n")
        return 2
    parts = {
        "base (allowed for)": float(BASE_MEGABYTES),
        "environment": megabytes([environment], compiled=True),
        "Quoth": megabytes(copied(), compiled=False),
    }
    for name, size in parts.items():
        sys.stdout.write(f"{size:7.1f} MB  {name}\n")
    total, most = sum(parts.values()), limit()
    sys.stdout.write(f"{total:7.1f} MB  in all; {most} MB are allowed.\n")
    return int(total > most)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python deploy/image_size.py ENVIRONMENT")
    sys.exit(main(Path(sys.argv[1])))
