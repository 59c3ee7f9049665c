"""The command `qa doctor`: makes all checks and prints what is not well, with the remedy."""

import argparse
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from qa import cli_collections

if TYPE_CHECKING:
    from qa.doctor.findings import Finding
    from qa.settings import Settings

WELL, ILL = 0, 1
MARKS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL", "skipped": "-   "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--host", help="address that `qa serve` is to listen on")
    parser.add_argument("--port", type=int, help="port that `qa serve` is to listen on")
    parser.add_argument("--json", action="store_true", help="print all findings as JSON")
    parser.set_defaults(unsettled=True)


def doctor(settings: "Callable[[], Settings]", options: argparse.Namespace) -> int:
    """Look for what keeps Quoth from working here, and name the remedy."""
    from qa.depot.place import of_collection
    from qa.doctor.examine import unsettled
    from qa.errors import ConfigError

    try:
        own = cli_collections.the_one(settings(), options)
        if own.follow:
            own = own.model_copy(update={"follow": of_collection(own.follow, options.collection)})
        found = _examined(own)
    except ConfigError as error:
        found = [unsettled(error)]
    told: list[Finding] = []
    for finding in found:
        told.append(finding)
        if not options.json:
            _print(finding)
    if options.json:
        print(json.dumps([finding._asdict() for finding in told], indent=2))
    failed = sum(finding.state == "fail" for finding in told)
    if not options.json:
        warned = sum(finding.state == "warn" for finding in told)
        print(f"\n{failed} failed, {warned} worth knowing." if failed or warned else "\nAll is well.")
    return ILL if failed else WELL


def _examined(settings: "Settings") -> "Iterable[Finding]":
    from qa import wiring
    from qa.doctor.examine import examine
    from qa.doctor.findings import Patient
    from qa.service.run import web_folder

    encoder = wiring.make_encoder(settings)
    patient = Patient(
        settings=settings,
        encoder=encoder,
        builder=lambda: wiring.make_builder(settings, encoder),
        web=web_folder,
        reader_weights=wiring.packaged_reader(),
    )
    return examine(patient)


def _print(finding: "Finding") -> None:
    print(f"{MARKS[finding.state]}  {finding.name:<14} {finding.words}", flush=True)
    if finding.remedy:
        print(f"      {'':<14} → {finding.remedy}", flush=True)
