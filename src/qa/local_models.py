"""Models that are on this machine: where one lies, what it is, and torch to run it. Nothing is ever downloaded."""

import hashlib
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from qa.errors import ModelUnavailable

SUMS_FILE = "SHA256SUMS"
"""Beside the packaged weights, as `sha256sum` writes it."""


def model_folder(name: str, *, role: str) -> Path:
    """The folder of a model, given as a folder or as the name of one in the local Hugging Face cache.

    `role` is the setting that names it. Raises ModelUnavailable when it is neither.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ModuleNotFoundError:
        raise _not_installed("huggingface_hub") from None
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        variable = f"QA_{role.upper()}"
        raise ModelUnavailable(
            f"The {role} {name!r} is neither a folder nor in the local model cache.",
            remedy=f"Quoth never downloads: fetch the model on a connected machine, copy its folder here and set "
            f"{variable} to that folder, or unset {variable} for the packaged {role}.",
        ) from None


def model_digest(folder: Path, suffixes: Collection[str]) -> str:
    """SHA-256 over names and content of all files of a model with these endings, as hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in suffixes and path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(file_sha256(path).encode())
    return digest.hexdigest()


def damaged_file(folder: Path) -> str | None:
    """The first file of a model folder that is not as its `SHA256SUMS` says, or that file when it is missing itself."""
    try:
        lines = (folder / SUMS_FILE).read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return SUMS_FILE
    for line in lines:
        sha256, _, name = line.partition("  ")
        if not (folder / name).is_file() or file_sha256(folder / name) != sha256:
            return name
    return None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def imported_torch(threads: int) -> Any:
    """The torch module, imported when first asked for; `threads` 0 leaves the number to it.

    Raises ModelUnavailable where it is not installed.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that wait by spinning slow each other down when a core is busy: 32 texts/s rather than 115 on two
    # cores with one other process, 205 when idle. Read by OpenMP when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import torch
        from transformers.utils import logging
    except ModuleNotFoundError as error:
        raise _not_installed(error.name or "torch") from None
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    if threads:
        torch.set_num_threads(threads)
    return torch


def _not_installed(name: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"A model that a setting names needs what this set-up has left out: {name} is not installed.",
        remedy="Use the full set-up (`make setup`), or leave out `encoder` and `reader` for the packaged models.",
    )


def first_line(error: Exception) -> str:
    """What a library's error says, in one line without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
