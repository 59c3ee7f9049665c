"""Pushes the published generation to a depot: what is there already stays, and the name of the generation comes last.

One machine pushes to a depot at a time: the one that builds. Two would not tear anything, but the one that clears could
take away what the other one counts on; then the next pull says so, and the next push mends it.
"""

from dataclasses import dataclass

from qa.depot.place import Depot
from qa.depot.reading import manifest_of
from qa.errors import DepotError, IndexCorrupt, IndexStoreError, MassDeletion
from qa.index import manifest as manifests
from qa.index.gather import check_deletions
from qa.index.store import IndexStore
from qa.ports import Progress

STAGE = "sending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a push did: `files` of `size` bytes were sent, `present` ones were there; `removed` nobody needs now."""

    generation: str
    files: int
    size: int
    present: int
    removed: int


def push(
    store: IndexStore,
    depot: Depot,
    progress: Progress,
    *,
    keep: int,
    again: bool = False,
    allow_mass_delete: bool = False,
) -> Pushed:
    """Send the published generation, which is verified first, and have followers serve it; `keep` the newest there.

    With `again` every file is sent, whatever is there. Raises IndexMissing or IndexCorrupt for what is here,
    MassDeletion when most documents of what is served there are not in it, or DepotError.
    """
    generation = store.current()
    manifest = store.verify(generation)
    if not allow_mass_delete:
        _check_served(depot, manifest)
    there = {} if again else depot.contents()
    sums = {total.sha256: (name, total.bytes) for name, total in sorted(manifest.files.items())}
    missing = {sha256: found for sha256, found in sums.items() if there.get(sha256) != found[1]}
    folder = store.folder(generation)
    for done, (sha256, (name, _)) in enumerate(missing.items()):
        progress(STAGE, done, len(missing))
        if not (folder / name).is_file():
            raise IndexCorrupt(f"Generation {generation} was removed while it was sent.", remedy="Push again.")
        depot.send(folder / name, sha256)
    progress(STAGE, len(missing), len(missing))
    depot.write_manifest(generation, (folder / manifests.FILE).read_text(encoding="utf-8"))
    depot.point_at(generation)
    return Pushed(
        generation=generation,
        files=len(missing),
        size=sum(size for _, size in missing.values()),
        present=len(sums) - len(missing),
        removed=_clear(depot, generation, keep),
    )


def _check_served(depot: Depot, ours: manifests.Manifest) -> None:
    """A depot that serves other documents is more likely the wrong one than meant."""
    try:
        served = manifest_of(depot, depot.current())
    except DepotError:  # nothing there that could be lost, or nothing that can be read
        return
    try:
        check_deletions(served.documents, ours.documents)
    except MassDeletion:
        raise MassDeletion(
            f"Most documents of {served.id}, which {depot.shown} serves, are not in {ours.id}.",
            remedy="If that is meant, run `qa push --allow-mass-delete`; else name another depot.",
        ) from None


def _clear(depot: Depot, current: str, keep: int) -> int:
    """Keep the `keep` newest generations and the current one; when one of them cannot be read, remove nothing."""
    kept = {current, *depot.generations()[-keep:]}
    files: set[str] = set()
    for generation in kept:
        try:
            files |= {total.sha256 for total in manifest_of(depot, generation).files.values()}
        except (DepotError, IndexStoreError):
            return 0
    return depot.clear(kept=kept, files=files)
