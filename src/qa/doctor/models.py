"""The models: the encoder is whole, and the reader loads and reads a trial passage."""

from qa.doctor.findings import Outcome, Patient, State, well
from qa.errors import ModelUnavailable
from qa.local_models import damaged_file
from qa.wiring import try_reader


def encoder(patient: Patient) -> Outcome:
    """Its files are there and, for the packaged one, as they were shipped."""
    try:
        return well(f"{patient.encoder.fingerprint} is there.")
    except ModelUnavailable as error:
        return Outcome(State.FAIL, error.message, error.remedy)


def reader(patient: Patient) -> Outcome:
    """The reader's files are as they were shipped, and it reads."""
    if patient.settings.reader == "packaged":
        wrong = damaged_file(patient.reader_weights)
        if wrong:
            words = f"{patient.reader_weights / wrong} is missing or not as it was shipped."
            return Outcome(State.FAIL, words, "Reinstall Quoth; until then, QA_READER=sentence does without it.")
    try:
        try_reader(patient.settings)
    except ModelUnavailable as error:
        return Outcome(State.FAIL, error.message, error.remedy)
    return well(f"The reader {patient.settings.reader} reads.")
