"""The command `qa verify`: checks the index against its sources, or citations of earlier against the index."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa import cli_collections
from qa.text.words import counted

if TYPE_CHECKING:
    from qa.index.audit import Audit
    from qa.service.verifying import VerifyResponse
    from qa.settings import Settings

TRUE, FALSE = 0, 1
MAX_SHOWN = 20
"""Findings of a kind that are printed; `--json` has all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="check the citations in this JSON file instead of the index"
    )
    parser.add_argument("--vectors", action="store_true", help="encode every text again, not only a sample")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def verify(settings: "Settings", options: argparse.Namespace) -> int:
    """Check the index against its sources, or saved citations against the index."""
    each = cli_collections.chosen(settings, options)
    if options.file:
        return _citations(each, options)
    codes = []
    for name, own in each.items():
        if name and not options.json:
            print(f"Collection {name}:")
        codes.append(_verify_index(own, options))
    return max(codes)


def _verify_index(settings: "Settings", options: argparse.Namespace) -> int:
    from qa.index.audit import SAMPLE, Auditor
    from qa.progress import ProgressBar
    from qa.wiring import make_builder, make_encoder

    builder = make_builder(settings, make_encoder(settings))
    sample = None if options.vectors else SAMPLE
    with ProgressBar(sys.stderr) as progress:
        audit = Auditor(builder, settings.corpus, progress, sample=sample).audit()
    if options.json:
        from dataclasses import asdict

        found = {**asdict(audit), "verdict": audit.verdict}
        for kind in ("stale", "damaged"):
            found[kind] = [finding._asdict() for finding in getattr(audit, kind)]
        print(json.dumps(found, indent=2))
    else:
        _print_audit(audit, replica=bool(settings.follow))
    return FALSE if audit.damaged else TRUE


def _print_audit(audit: "Audit", *, replica: bool) -> None:
    from qa.depot.remedies import at_a_replica

    print(f"Generation {audit.generation}, built {audit.created}.")
    print(f"  files      {audit.files} compared with their checksums")
    if audit.documents:
        skipped = f"; {counted(audit.skipped, 'file')} skipped" if audit.skipped else ""
        print(f"  documents  {audit.documents}, {audit.parsed} read from the corpus and parsed again{skipped}")
        inside = f"{audit.sentences} sentences and {audit.children} spans"
        print(f"  passages   {audit.passages} with {inside}, all compared with the texts")
        print(f"  words      {audit.entries} entries")
        agreement = "" if audit.agreement is None else f", least agreement {audit.agreement:.4f}"
        print(f"  vectors    {audit.encoded} of {audit.children} encoded again{agreement}")
    for kind, findings in (("changed", audit.stale), ("damaged", audit.damaged)):
        for finding in findings[:MAX_SHOWN]:
            print(f"{kind}: {finding.path} {finding.words}.")
        if len(findings) > MAX_SHOWN:
            print(f"{kind}: … and {len(findings) - MAX_SHOWN} more; see --json.")
    if audit.damaged:
        remedy = "Build it anew: `qa index --force`."
        print(f"Verdict: damaged. {at_a_replica(remedy) if replica else remedy}")
    elif audit.stale and replica:
        print("Verdict: intact, but it is not of the corpus as it is here. It is brought up to date where it is built.")
    elif audit.stale:
        print("Verdict: intact, but the corpus has changed since. Bring it up to date: `qa index`.")
    else:
        print("Verdict: the index is true to the corpus.")


def _citations(each: "dict[str | None, Settings]", options: argparse.Namespace) -> int:
    from qa.service.verifying import saved_citations, traced_in
    from qa.wiring import open_index

    citations = saved_citations(options.file)
    response = traced_in(citations, {name: open_index(own) for name, own in each.items()})
    if options.json:
        print(json.dumps(response.model_dump(mode="json"), indent=2))
    else:
        _print_citations([citation.words() for citation in citations], response)
    return TRUE if response.holds else FALSE


def _print_citations(quotes: list[str], response: "VerifyResponse") -> None:
    counts: dict[str, Any] = {}
    for number, (quote, found) in enumerate(zip(quotes, response.citations, strict=True), start=1):
        counts[found.status] = counts.get(found.status, 0) + 1
        place = f" {found.path}, characters {found.start}–{found.end}." if found.start is not None else ""
        print(f"[{number}] {found.status}: “{' '.join(quote.split())}”")
        print(f"    {found.reason}{place}")
    summary = ", ".join(f"{number} {status}" for status, number in counts.items())
    print(f"\n{counted(len(quotes), 'citation')} in generation {response.generation}: {summary}.")
