"""The nodes of a Ray cluster, reached from one of them; the only import of Ray.

Ray itself does again, on other nodes, what was lost with a node. What it is asked for is one function of ours by its
name, with plain values and bytes; so no code of this process travels, and every node runs the Quoth that it has.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from qa.cluster.errands import Errand, Outcome
from qa.cluster.node import perform
from qa.errors import BackendUnavailable, ConfigError, ModelUnavailable, QAError
from qa.local_models import first_line

AUTO = "auto"
RETRIES = 8
"""So often an errand is done again when its node is lost."""
CONNECT_SECONDS = 5.0
GLANCE_SECONDS = 1.0
"""So often who waits for an outcome looks whether it is still wanted."""
LOOK_SECONDS = 5.0
"""After so long without an outcome, it is looked whether there is still any node that could give one."""
DESERTED_SECONDS = 120.0
"""So long a cluster may be without any processor until a build is broken off."""
VARIABLES = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray tells its makers nothing
    "RAY_gcs_server_port_wait_time_s": "1",  # one try to connect, not twenty
    "RAY_py_gcs_connect_timeout_s": str(int(CONNECT_SECONDS)),
    # Else Ray takes a loopback address for that of the network, where a cluster on loopback does not listen. No other
    # address is changed by it.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}
"""What Ray reads from the environment, unless it is there already."""
INSTALL = "Install it beside Quoth, here and on every node: `.venv/bin/python -m pip install 'quoth[ray]'`."
CHECK = "Check the address and that Ray runs there (`ray status --address ADDRESS`)."
AGAIN = "Run `qa index` again: it goes on where it was."
BROKEN_OFF = BackendUnavailable("The work on the Ray cluster was broken off.", remedy=AGAIN)


class RayNodes:
    """A connection; `ray_nodes` makes it."""

    def __init__(self, ray: Any, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ray, self._clock = ray, clock
        options = {"num_cpus": 1, "max_retries": RETRIES, "scheduling_strategy": "SPREAD"}
        self._task = ray.remote(**options)(perform)
        self._deserted: float | None = None
        self._stopped: QAError | None = None

    @property
    def processors(self) -> int:
        """Those of all nodes together, as Ray counts them."""
        return int(self._ray.cluster_resources().get("CPU", 0))

    def perform(self, errand: Errand) -> Outcome:
        """See `Nodes`; also raises BackendUnavailable when no node has had a processor for DESERTED_SECONDS.

        When the nodes are stopped, which it takes GLANCE_SECONDS to see, it raises what that was for.
        """
        errors = self._ray.exceptions
        self._check_wanted()
        try:
            outcome = Outcome(*self._waited_for(self._task.remote(*errand)))
        except errors.RayTaskError as error:
            raise BackendUnavailable(
                f"A node of the Ray cluster cannot do its part ({first_line(error.cause or error)}).",
                remedy="Install the same version of Quoth on every node, and start Ray anew there.",
            ) from None
        except errors.RayError as error:
            raise BackendUnavailable(
                f"The Ray cluster lost a part of the work for good ({first_line(error)}).", remedy=AGAIN
            ) from None
        self._deserted = None
        return outcome

    def stop(self, why: QAError = BROKEN_OFF) -> None:
        """Nothing is wanted any more: who waits for an outcome gives up and raises `why`, or what it was first."""
        self._stopped = self._stopped or why

    def _waited_for(self, reference: Any) -> Any:
        """What Ray gets for a reference."""
        looked = self._clock()
        while True:
            try:
                return self._ray.get(reference, timeout=GLANCE_SECONDS)
            except self._ray.exceptions.GetTimeoutError:
                self._check_wanted()
                if self._clock() - looked >= LOOK_SECONDS:
                    self._check_inhabited()
                    looked = self._clock()

    def _check_wanted(self) -> None:
        if why := self._stopped:
            raise type(why)(why.message, remedy=why.remedy)  # one of its own for each thread

    def _check_inhabited(self) -> None:
        if self.processors:
            self._deserted = None
            return
        since = self._deserted  # read once, as other threads forget it
        if since is None:
            self._deserted = self._clock()
        elif self._clock() - since > DESERTED_SECONDS:
            raise BackendUnavailable(
                "The Ray cluster has no processor left.",
                remedy=f"Start nodes (`ray start --address ADDRESS`). {AGAIN}",
            )


@contextmanager
def ray_nodes(address: str) -> Iterator[RayNodes]:
    """A connection to the cluster at an address (`HOST:PORT`, or `auto` for the one that this machine is a node of).

    Raises ModelUnavailable when Ray is not installed, ConfigError for no such address, or BackendUnavailable when
    nothing answers there or the cluster has no processor.
    """
    _check_address(address)
    ray = _imported()
    place = "HOST:PORT" if address == AUTO else address  # where others find its head
    try:
        ray.init(address=address, log_to_driver=False, logging_level="critical")
    except Exception as error:  # noqa: BLE001  # of many kinds, some of no kind of their own
        raise BackendUnavailable(
            f"There is no Ray cluster to use at {address} ({first_line(error)}).",
            remedy=f"{CHECK} This machine has to be a node of it: `ray start --num-cpus=0 --address {place}`.",
        ) from None
    try:
        nodes = RayNodes(ray)
        if not nodes.processors:
            raise BackendUnavailable(
                f"The Ray cluster at {address} has no processor to work on.",
                remedy=f"Start nodes that have some: `ray start --address {place}`.",
            )
        with _stopped_by_signals(nodes):
            yield nodes
    finally:
        ray.shutdown()  # ends what its nodes still do for it


@contextmanager
def _stopped_by_signals(nodes: RayNodes) -> Iterator[None]:
    """Ctrl+C and SIGTERM stop the nodes and then raise KeyboardInterrupt; so does the end stop them.

    Threads that wait for nodes are waited for, so these have to be told. A signal that is ignored remains so. Without
    this, Ray's own answer to SIGTERM would be to abort.
    """

    def interrupt(*_: object) -> None:
        nodes.stop()
        raise KeyboardInterrupt

    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():  # others cannot have signals
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    taken = {number: way for number, way in before.items() if way not in (None, signal.SIG_IGN)}
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        nodes.stop()
        for number, way in taken.items():
            signal.signal(number, way)


def _check_address(address: str) -> None:
    """Whether something listens there: Ray itself takes long to say no."""
    if address == AUTO:
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise ConfigError(
            f"{address!r} is no address of a Ray cluster.",
            remedy="Give it as HOST:PORT, or `auto` on one of its nodes.",
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError, UnicodeError) as error:  # no such port, no such name
        raise BackendUnavailable(f"Nothing answers at {address} ({error}).", remedy=CHECK) from None


def _imported() -> Any:
    for name, value in VARIABLES.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ModuleNotFoundError:
        raise ModelUnavailable("`--ray` needs the package ray, which is not installed.", remedy=INSTALL) from None
    return ray
