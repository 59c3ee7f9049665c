"""What routes need, by type: the collections that a request may have, and of them the one or those that it means."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Query

from qa.depot.remedies import THERE
from qa.errors import ChangesForbidden
from qa.index.editing import CorpusEditor
from qa.journal import Journal
from qa.service import holdings
from qa.service.holdings import Allowed, Choice, Collection
from qa.service.requests import ONE_OR_ALL, THE_ONE

AllowedDependency = Annotated[Allowed, Depends(holdings.allowed)]


def _choice(
    allowed: AllowedDependency, collection: Annotated[str | None, Query(description=ONE_OR_ALL)] = None
) -> Choice:
    return allowed.choice(collection)


def _one(
    allowed: AllowedDependency, collection: Annotated[str | None, Query(description=THE_ONE)] = None
) -> Collection:
    return allowed.one(collection)


def _shown(allowed: AllowedDependency, collection: Annotated[str | None, Query()] = None) -> Choice:
    return allowed.shown(collection)


def editor_of(collection: Collection) -> CorpusEditor:
    """What changes the corpus; raises ChangesForbidden when it cannot be changed here."""
    if collection.editor is None:
        here = "Change the folder itself, or set QA_ALLOW_UPLOAD=always."
        remedy = THERE if collection.replica else here
        raise ChangesForbidden("The service does not change the corpus.", remedy=remedy)
    return collection.editor


def journal_of(collection: Collection) -> Journal:
    """What is written down; raises the 404 of a service that writes nothing down."""
    if collection.recorder.journal is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return collection.recorder.journal


ChoiceDependency = Annotated[Choice, Depends(_choice)]
"""By the parameter `collection`: that one, or all."""
CollectionDependency = Annotated[Collection, Depends(_one)]
"""By the same parameter: that one, or the only one."""
ShownDependency = Annotated[Choice, Depends(_shown)]
"""For pages that show one at a time: that one, or the first."""
