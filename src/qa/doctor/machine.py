"""The machine: packages, disk, watches, the address to listen on, the files of the page."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires, version
from ipaddress import ip_address
from pathlib import Path

from packaging.requirements import Requirement

from qa.doctor.findings import Outcome, Patient, State, well
from qa.errors import AddressUnavailable, ConfigError
from qa.text.words import counted

PACKAGE = "quoth"
LEAST_FREE = 200_000_000
"""Bytes that the smallest index needs besides its own size; the packaged models' trial leaves room for its files."""
PAGES = ("base.html", "chat.html", "document.html", "error.html")


def packages(_: Patient) -> Outcome:
    """Every package that Quoth needs is installed in a version that it works with."""
    python = ".".join(map(str, sys.version_info[:3]))
    try:
        named = [Requirement(text) for text in requires(PACKAGE) or ()]
    except PackageNotFoundError:
        return Outcome(State.SKIPPED, f"Python {python}; Quoth runs from its sources, so versions are not compared.")
    needed = [each for each in named if each.marker is None or each.marker.evaluate({"extra": ""})]
    wrong = []
    for requirement in needed:
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            found = "not installed"
        if found == "not installed" or not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} {found} (needed: {requirement.specifier})")
    if wrong:
        return Outcome(State.FAIL, f"Packages do not fit: {', '.join(wrong)}.", "Run `make setup`, or reinstall Quoth.")
    return well(f"Python {python} with {counted(len(needed), 'package')} as needed.")


def disk(patient: Patient) -> Outcome:
    """There is room for the next generation beside those that are kept."""
    root = patient.settings.index
    there = next(folder for folder in (root.absolute(), *root.absolute().parents) if folder.is_dir())
    free, size = shutil.disk_usage(there).free, _size(root)
    if free < size + LEAST_FREE:
        words = f"{free / 1e9:,.1f} GB are free for an index of {size / 1e9:,.1f} GB."
        return Outcome(State.FAIL, words, "Make room, or remove older generations: `qa index --prune`.")
    return well(f"{free / 1e9:,.1f} GB are free for an index of {size / 1e9:,.1f} GB.")


def watches(patient: Patient) -> Outcome:
    """The system watches as many folders as the corpus has."""
    if not patient.settings.watch or patient.settings.follow:
        return well("The corpus is not watched (`watch` is off, or a depot is followed).")
    try:
        most = int((patient.proc / "sys/fs/inotify/max_user_watches").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return Outcome(State.SKIPPED, "This system does not tell how many folders it watches.")
    folders = 1 + sum(entry.is_dir(follow_symlinks=False) for entry in _below(patient.settings.corpus))
    if folders > most:
        words = f"The corpus has {folders:,} folders, and the system watches {most:,} at most."
        rest = f"until then a scan every {patient.settings.scan_seconds:g} s finds changes."
        return Outcome(State.WARN, words, f"Raise fs.inotify.max_user_watches (sysctl); {rest}")
    return well(f"The system watches up to {most:,} folders; the corpus has {folders:,}.")


def address(patient: Patient) -> Outcome:
    """The service could listen where it should."""
    from qa.service.run import listen

    host, port = patient.settings.host, patient.settings.port
    try:
        listen(host, port).close()
    except AddressUnavailable as error:
        remedy = f"{error.remedy} If `qa serve` is running there, all is well."
        return Outcome(State.WARN, error.message, remedy)
    return well(f"{host}:{port} is free.")


def hosts(patient: Patient) -> Outcome:
    """Whoever should reach the service knows a name that it answers to."""
    settings = patient.settings
    try:
        given = ip_address(settings.host)
    except ValueError:
        return well(f"It answers to {settings.host}.")
    if given.is_unspecified and not settings.allowed_hosts.strip():
        words = f"It listens on every address ({settings.host}) but answers to local names only."
        return Outcome(State.FAIL, words, "Set `allowed_hosts` to the names or addresses by which it is reached.")
    return well("It answers to the names by which it is reached.")


def access(patient: Patient) -> Outcome:
    """The tokens can be used, and others cannot reach the service without one."""
    from qa.service.guards import Guards

    try:
        guards = Guards.of(patient.settings)
    except ConfigError as error:
        return Outcome(State.FAIL, error.message, error.remedy)
    if guards.tokens:
        return well("Requests need a token.")
    if not patient.settings.is_local():
        words = "Others can reach it, and it asks nobody for a token."
        return Outcome(State.WARN, words, "Set a token, or see to it that a proxy in front asks who is there.")
    return well("Only this machine can reach it, so nobody is asked for a token.")


def page(patient: Patient) -> Outcome:
    """The templates of the page are installed."""
    folder = patient.web() / "templates"
    missing = [name for name in PAGES if not (folder / name).is_file()]
    if missing:
        words = f"The page's templates are not in {folder} ({missing[0]} is missing)."
        return Outcome(State.FAIL, words, "Reinstall Quoth.")
    return well("The templates of the page are there.")


def _size(root: Path) -> int:
    """Bytes of all files below a folder, a file with several names once."""
    sizes = {}
    for entry in _below(root):
        with suppress(FileNotFoundError):
            if entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False)
                sizes[found.st_ino] = found.st_size
    return sum(sizes.values())


def _below(root: Path) -> Iterator["os.DirEntry[str]"]:
    """Everything below a folder that can be listed, however deep; links are not followed."""
    pending = [os.fspath(root)]
    while pending:
        with suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                yield entry
