"""What one process writes the other reads."""

import json

from qa import errors
from qa.index.build import BuildRequest
from qa.index.corpus import Stamp
from qa.live.messages import error_line, error_of, request_line, request_of


def test_requests_come_back_as_they_were() -> None:
    for request in (
        BuildRequest(),
        BuildRequest(force=True, rehash=True, allow_mass_delete=True, wait=True, settled={}),
        BuildRequest(settled={"é\n.txt": Stamp(1, 2, 3, 4), "b": None}),
    ):
        line = request_line(request)
        assert line.count("\n") == 1
        assert request_of(line) == request


def test_errors_come_back_as_what_they_were() -> None:
    gone = errors.MassDeletion("Most are gone.\n", remedy="Bring them back.")
    found = error_of(json.loads(error_line(gone))["error"])
    assert (type(found), found.message, found.remedy) == (errors.MassDeletion, gone.message, gone.remedy)


def test_what_is_no_error_of_ours_is_a_failed_build() -> None:
    found = error_of(json.loads(error_line(ValueError("odd")))["error"])
    assert isinstance(found, errors.BuildFailed)
    assert "ValueError: odd" in found.message
