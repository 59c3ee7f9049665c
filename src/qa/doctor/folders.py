"""The folders of the corpus and of the index: there, apart, readable and writable, and what lies about in them."""

import os
from itertools import islice

from qa.doctor.findings import Outcome, Patient, State, well
from qa.errors import CorpusMissing
from qa.index import pending, stamps
from qa.index.corpus import scan
from qa.index.store import DAMAGED, GENERATIONS
from qa.text.words import counted

NOT_NEEDED = "No documents are needed: a depot is followed."
MAX_NAMED = 3
"""Files that are named as examples."""


def corpus(patient: Patient) -> Outcome:
    """The folder of documents can be listed and holds files that can be read."""
    if patient.settings.follow:
        return well(NOT_NEEDED)
    root = patient.settings.corpus
    try:
        files = scan(root, without=patient.settings.index)
    except CorpusMissing as error:
        return Outcome(State.FAIL, error.message, error.remedy)
    if not os.access(root, os.R_OK | os.X_OK, effective_ids=True):
        return Outcome(State.FAIL, f"The corpus folder {root} cannot be read.", "Give read permission on it.")
    if not files:
        return Outcome(State.FAIL, f"There are no documents in {root}.", "Put some in, or name another: --corpus.")
    closed = [file.path for file in files if not file.problem and not _readable(file.location)]
    if closed:
        named = ", ".join(islice(closed, MAX_NAMED))
        words = f"{counted(len(closed), 'file')} of the corpus cannot be read: {named}."
        return Outcome(State.WARN, words, "Give read permission, or they are skipped.")
    return well(f"{counted(len(files), 'file')} in {root}.")


def corpus_link(patient: Patient) -> Outcome:
    """The corpus is a folder itself: a link can point at another one tomorrow, and no event tells."""
    root = patient.settings.corpus
    if root.is_symlink():
        words = f"The corpus {root} is a symbolic link to {root.resolve()}."
        return Outcome(State.WARN, words, f"Name the folder itself: --corpus {root.resolve()}")
    return well("The corpus is no symbolic link.")


def apart(patient: Patient) -> Outcome:
    """Neither folder lies inside the other."""
    documents, index = patient.settings.corpus.resolve(), patient.settings.index.resolve()
    if documents.is_relative_to(index):
        words = f"The corpus {documents} lies inside the index folder {index}, which is Quoth's to clear."
        return Outcome(State.FAIL, words, "Choose an index folder outside of the corpus: --index.")
    if index.is_relative_to(documents):
        words = f"The index {index} lies inside the corpus: it is not indexed, but each build disturbs the corpus."
        return Outcome(State.WARN, words, "Choose an index folder outside of the corpus: --index.")
    return well("Corpus and index are apart.")


def index_folder(patient: Patient) -> Outcome:
    """The index folder can be written, or made."""
    root = patient.settings.index
    there = next(folder for folder in (root.absolute(), *root.absolute().parents) if os.path.lexists(folder))
    if not there.is_dir():
        words = f"{there} is no folder, so there can be no index in {root}."
        return Outcome(State.FAIL, words, "Choose another folder with --index.")
    generations = root / GENERATIONS
    for folder in (there, generations) if generations.exists() else (there,):
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            words = f"The index folder {folder} cannot be written."
            return Outcome(State.FAIL, words, "Give write permission, or choose another folder with --index.")
    return well(f"{root} can be written.")


def last_look(patient: Patient) -> Outcome:
    """The file of stamps, which saves reading what has not changed, can be used."""
    path = patient.settings.index / stamps.FILE
    if path.exists() and not stamps.load(patient.settings.index, patient.settings.corpus).root:
        words = f"{path} is damaged, so the next build reads every file."
        return Outcome(State.WARN, words, "Run `qa index`, which writes it anew.")
    return well("What the last build saw is known." if path.exists() else "No build has seen the corpus yet.")


def lock(patient: Patient) -> Outcome:
    """No process is building just now. Read from the kernel's list, since trying the lock could disturb a build."""
    holder = _holder(patient)
    if holder is not None:
        words = f"Process {holder} is building the index in {patient.settings.index}."
        return Outcome(State.WARN, words, f"Wait until it has finished; `ps {holder}` shows what it is.")
    return well("No build is running.")


def leftovers(patient: Patient) -> Outcome:
    """Nothing is left of a build that was broken off, or of a generation that was damaged."""
    root = patient.settings.index
    half = sorted(path for path in (root / GENERATIONS).glob(".*") if path.is_dir())
    half += [root / pending.FILE] if (root / pending.FILE).exists() else []
    if half:
        words = f"A build was broken off; {half[0]} is left of it."
        return Outcome(State.WARN, words, "Run `qa index`, which uses what it can and clears the rest.")
    if (root / DAMAGED).exists():
        words = f"A generation was damaged and lies in {root / DAMAGED}."
        return Outcome(State.WARN, words, "Look for the cause (disk, memory, a program), then remove that folder.")
    return well("Nothing is left of broken builds.")


def _readable(path: str) -> bool:
    return os.access(path, os.R_OK, effective_ids=True)


def _holder(patient: Patient) -> int | None:
    """The process that holds the lock of the index, by the inode of its file."""
    try:
        inode = (patient.settings.index / ".lock").stat().st_ino
        lines = (patient.proc / "locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split()  # 1: FLOCK ADVISORY WRITE <process> <device>:<inode> <start> <end>
        if fields[1:2] == ["FLOCK"] and fields[5].endswith(f":{inode}"):
            return int(fields[4])
    return None
