"""What a depot says of a generation, checked before anything is done with it: its writer is not trusted."""

import re
from pathlib import Path

from qa.depot.place import AGAIN, Depot
from qa.errors import DepotDamaged, DepotError, IndexIncompatible, IndexStoreError
from qa.index.manifest import FILE, FileSum, Manifest

_SHA256 = re.compile(r"[0-9a-f]{64}")
_VOLUME = re.compile(r"[0-9a-f]+")


def manifest_of(depot: Depot, generation: str) -> Manifest:
    """The manifest of a generation, as `parsed` has it; raises DepotDamaged when it is not there."""
    text = depot.manifest(generation)
    if text is None:
        raise DepotDamaged(f"{depot.shown} has no generation {generation}.", remedy=AGAIN)
    return parsed(depot, generation, text)


def parsed(depot: Depot, generation: str, text: str) -> Manifest:
    """A manifest that is whole, of this generation, and names files inside of it only.

    Raises DepotDamaged, or DepotError when another version of Quoth wrote it.
    """
    try:
        manifest = Manifest.from_json(text, Path(generation))
    except IndexIncompatible as error:
        raise DepotError(
            f"{depot.shown}: {error.message}", remedy="Use the same version of Quoth here and where it was built."
        ) from None
    except IndexStoreError as error:
        raise DepotDamaged(f"{depot.shown}: {error.message}", remedy=AGAIN) from None
    if manifest.id != generation:
        raise DepotDamaged(f"The manifest of {generation} in {depot.shown} is of {manifest.id}.", remedy=AGAIN)
    names = [*manifest.files, *(record.path for record in manifest.documents)]
    sound = all(map(_is_inside, names)) and FILE not in manifest.files and all(map(_is_sum, manifest.files.values()))
    if not sound or not all(_VOLUME.fullmatch(volume.name) for volume in manifest.volumes):
        raise DepotDamaged(f"The manifest of {generation} in {depot.shown} names odd files.", remedy=AGAIN)
    return manifest


def _is_inside(name: str) -> bool:
    """Whether a path leads to no place outside of the folder that it is relative to."""
    return bool(name) and "\0" not in name and not {"", ".", ".."} & set(name.split("/"))


def _is_sum(total: FileSum) -> bool:
    return (
        isinstance(total.bytes, int)
        and total.bytes >= 0
        and isinstance(total.sha256, str)
        and bool(_SHA256.fullmatch(total.sha256))
    )
