"""The published generation: there, of this version, undamaged, made by this encoder, and equal to the corpus."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from qa.depot.place import Depot
from qa.depot.remedies import at_a_replica
from qa.doctor.findings import Outcome, Patient, State, well
from qa.errors import DepotError, DocumentError, IndexIncompatible, IndexStoreError, ModelUnavailable
from qa.index import stamps
from qa.index.corpus import read, scan
from qa.text.words import counted

CLOCK_TOLERANCE = timedelta(minutes=5)
"""So far the clocks of two machines that share an index may differ."""


def published(patient: Patient) -> Outcome:
    """`CURRENT` names a generation that is there and whose manifest can be read."""
    try:
        return well(f"Generation {patient.manifest.id} is published.")
    except IndexIncompatible:
        return well("A generation is published.")
    except IndexStoreError as error:
        return Outcome(State.FAIL, error.message, error.remedy)


def version(patient: Patient) -> Outcome:
    """Its format is the one that this version of Quoth reads."""
    try:
        _ = patient.manifest
    except IndexStoreError as error:
        return _unfit(patient, error.message, error.remedy)
    return well("This version reads its format.")


def _unfit(patient: Patient, words: str, remedy: str) -> Outcome:
    """It does not fit what runs here, so that pulling it again would not help either."""
    return Outcome(State.FAIL, words, at_a_replica(remedy, same=True) if patient.settings.follow else remedy)


def files(patient: Patient) -> Outcome:
    """Every file has its checksum."""
    try:
        manifest = patient.store.verify(patient.manifest.id)
    except IndexStoreError as error:
        return Outcome(State.FAIL, error.message, error.remedy)
    return well(f"{counted(len(manifest.files), 'file')} with the right checksums.")


def encoder(patient: Patient) -> Outcome:
    """The encoder of the settings made it."""
    made_by, here = patient.manifest.recipe.encoder, patient.encoder.fingerprint
    if made_by != here:
        words = f"The index was built with the encoder {made_by}, and the settings name {here}."
        return _unfit(patient, words, "Run `qa index` to build it anew, or set QA_ENCODER to that encoder.")
    return well("The index was made by the encoder of the settings.")


def fresh(patient: Patient) -> Outcome:
    """It equals the corpus, and would be built in the same way. Files with an unchanged stamp are not read.

    Where a depot is followed, it is what that serves.
    """
    if patient.settings.follow:
        return _as_served(patient)
    recipe, now = patient.manifest.recipe, patient.builder().recipe
    if (recipe.parsers, recipe.chunking) != (now.parsers, now.chunking):
        words = "The index was built by other parsers or with other passage sizes."
        return Outcome(State.WARN, words, "Run `qa index` to build it anew.")
    differing = sorted(set(_differing(patient)))
    if differing:
        words = f"Since the index was built, {counted(len(differing), 'file')} came, went or changed: {differing[0]}"
        words += ", and others." if len(differing) > 1 else "."
        return Outcome(State.WARN, words, "Run `qa index`, or let `qa serve` follow the corpus.")
    return well("The index equals the corpus.")


def _as_served(patient: Patient) -> Outcome:
    try:
        depot = Depot(patient.settings.follow)
        served = depot.current()
    except (DepotError, ModelUnavailable) as error:
        return Outcome(State.WARN, error.message, error.remedy)
    if served != patient.manifest.id:
        words = f"{depot.shown} serves generation {served}, and {patient.manifest.id} is published here."
        return Outcome(State.WARN, words, f"Run `qa pull {depot.shown}`, or let `qa serve --follow` do it.")
    return well(f"The index is what {depot.shown} serves.")


def clock(patient: Patient) -> Outcome:
    """The clock is not behind the time at which the index was built."""
    created = datetime.fromisoformat(patient.manifest.created)
    if created - patient.now() > CLOCK_TOLERANCE:
        words = f"The index was built at {patient.manifest.created}, which is in the future by this machine's clock."
        again = "" if patient.settings.follow else " After that, `qa index --force` reads every file again."
        return Outcome(State.WARN, words, f"Set the clock.{again}")
    return well("The clock is not behind the index.")


def _differing(patient: Patient) -> Iterator[str]:
    """Paths of the files that are new, gone or changed."""
    settings = patient.settings
    seen = stamps.load(settings.index, settings.corpus)
    known = {record.path: record.sha256 for record in patient.manifest.documents}
    there = {file.path: file for file in scan(settings.corpus, without=settings.index)}
    yield from known.keys() ^ there.keys()
    for path in known.keys() & there.keys():
        file = there[path]
        sha256 = seen.sha256(path, file.stamp)
        if sha256 is None:
            try:
                sha256 = read(file, max_bytes=int(settings.max_document_megabytes * 1e6)).source.sha256
            except DocumentError:
                sha256 = ""
        if sha256 != known[path]:
            yield path
