"""The list of checks, in the order in which they are made, and how they are made."""

from collections.abc import Iterator

from qa.depot.remedies import at_a_replica
from qa.doctor import folders, index, machine, models
from qa.doctor.findings import Check, Finding, Outcome, Patient, State
from qa.errors import ConfigError

SETTINGS = "settings"
CHECKS = (
    Check("packages", machine.packages),
    Check("corpus", folders.corpus),
    Check("corpus link", folders.corpus_link),
    Check("folders apart", folders.apart),
    Check("index folder", folders.index_folder),
    Check("disk", machine.disk),
    Check("lock", folders.lock),
    Check("leftovers", folders.leftovers, needs=("lock",)),
    Check("stamps", folders.last_look),
    Check("index", index.published),
    Check("index format", index.version, needs=("index",)),
    Check("index files", index.files, needs=("index format",)),
    Check("encoder", models.encoder),
    Check("index encoder", index.encoder, needs=("index format", "encoder")),
    Check("index fresh", index.fresh, needs=("index format", "index encoder", "corpus")),
    Check("clock", index.clock, needs=("index format",)),
    Check("reader", models.reader),
    Check("address", machine.address),
    Check("hosts", machine.hosts),
    Check("access", machine.access),
    Check("watches", machine.watches, needs=("corpus",)),
    Check("page", machine.page),
)


def examine(patient: Patient) -> Iterator[Finding]:
    """Make every check in turn; one whose needs are not met is skipped and says why."""
    states: dict[str, State] = {}
    for check in CHECKS:
        amiss = next((name for name in check.needs if states[name] is not State.OK), None)
        if amiss:
            states[check.name] = State.SKIPPED
            yield Finding(check.name, State.SKIPPED, f"Not looked at, because of: {amiss}.", "")
            continue
        state, words, remedy = _looked(check, patient)
        states[check.name] = state
        yield Finding(check.name, state, words, remedy)


def _looked(check: Check, patient: Patient) -> Outcome:
    try:
        state, words, remedy = check.look(patient)
        return Outcome(state, words, at_a_replica(remedy) if patient.settings.follow else remedy)
    except OSError as error:
        words = f"{error.filename or 'A file'} cannot be looked at ({error.strerror})."
        return Outcome(State.FAIL, words, "Give the permission, or run Quoth as the user who has it.")


def unsettled(error: ConfigError) -> Finding:
    """What is found when the settings themselves cannot be used; nothing else can be looked at then."""
    return Finding(SETTINGS, State.FAIL, error.message, error.remedy)
