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
from qa.errors import BackendUnavailable, ConfigError, ModelUnavailable
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
LOOPBACK = ("127.0.0.1", "localhost")
VARIABLES = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray tells its makers nothing
    "RAY_gcs_server_port_wait_time_s": "1",  # one try to connect, not twenty
    "RAY_py_gcs_connect_timeout_s": str(int(CONNECT_SECONDS)),
}
"""What Ray reads from the environment, unless it is there already."""
KEEP_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Else Ray takes a loopback address for that of the network, where a cluster on loopback does not listen."""
INSTALL = "Install it beside Quoth, here and on every node: `.venv/bin/python -m pip install 'quoth[ray]'`."
CHECK = "Check the address and that Ray runs there (`ray status --address ADDRESS`)."
AGAIN = "Run `qa index` again: it goes on where it was."


class RayNodes:
    """A connection; `ray_nodes` makes it."""

    def __init__(self, ray: Any, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ray, self._clock = ray, clock
        options = {"num_cpus": 1, "max_retries": RETRIES, "scheduling_strategy": "SPREAD"}
        self._task = ray.remote(**options)(perform)
        self._deserted: float | None = None
        self._is_stopped = False

    @property
    def processors(self) -> int:
        """Those of all nodes together, as Ray counts them."""
        return int(self._ray.cluster_resources().get("CPU", 0))

    def perform(self, errand: Errand) -> Outcome:
        """See `Nodes`; also raises BackendUnavailable when no node has had a processor for DESERTED_SECONDS.

        Likewise when the nodes are stopped, which it takes GLANCE_SECONDS to see.
        """
        errors = self._ray.exceptions
        self._check_wanted()
        reference, looked = self._task.remote(*errand), self._clock()
        while True:
            try:
                outcome = Outcome(*self._ray.get(reference, timeout=GLANCE_SECONDS))
            except errors.GetTimeoutError:
                self._check_wanted()
                if self._clock() - looked >= LOOK_SECONDS:
                    self._check_inhabited()
                    looked = self._clock()
            except errors.RayTaskError as error:
                raise BackendUnavailable(
                    f"A node of the Ray cluster cannot do its part ({first_line(error.cause or error)}).",
                    remedy="Install the same version of Quoth on every node, and start Ray anew there.",
                ) from None
            except errors.RayError as error:
                raise BackendUnavailable(
                    f"The Ray cluster lost a part of the work for good ({first_line(error)}).",
                    remedy=AGAIN,
                ) from None
            else:
                self._deserted = None
                return outcome

    def stop(self) -> None:
        """Nothing is wanted any more: who waits for an outcome gives up."""
        self._is_stopped = True

    def _check_wanted(self) -> None:
        if self._is_stopped:
            raise BackendUnavailable("The work on the Ray cluster was broken off.", remedy=AGAIN)

    def _check_inhabited(self) -> None:
        if self.processors:
            self._deserted = None
        elif self._deserted is None:
            self._deserted = self._clock()
        elif self._clock() - self._deserted > DESERTED_SECONDS:
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
    ray = _imported(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="critical")
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise BackendUnavailable(
            f"There is no Ray cluster to use at {address} ({first_line(error)}).",
            remedy=f"{CHECK} This machine has to be a node of it: `ray start --num-cpus=0 --address {address}`.",
        ) from None
    try:
        nodes = RayNodes(ray)
        if not nodes.processors:
            raise BackendUnavailable(
                f"The Ray cluster at {address} has no processor to work on.",
                remedy=f"Start nodes that have some: `ray start --address {address}`.",
            )
        with _stopped_by_interrupt(nodes):
            yield nodes
    finally:
        ray.shutdown()  # ends what its nodes still do for it


@contextmanager
def _stopped_by_interrupt(nodes: RayNodes) -> Iterator[None]:
    """Ctrl+C stops the nodes before it is raised, for threads that wait for them are waited for; so does the end."""
    before: Any = signal.getsignal(signal.SIGINT)

    def interrupt(*signalled: Any) -> None:
        nodes.stop()
        before(*signalled)

    raises = callable(before) and threading.current_thread() is threading.main_thread()
    if raises:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        nodes.stop()
        if raises:
            signal.signal(signal.SIGINT, before)


def _check_address(address: str) -> None:
    """Whether something listens there: Ray itself takes long to say no."""
    if address == AUTO:
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdigit():
        raise ConfigError(
            f"{address!r} is no address of a Ray cluster.",
            remedy="Give it as HOST:PORT, or `auto` on one of its nodes.",
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise BackendUnavailable(f"Nothing answers at {address} ({error}).", remedy=CHECK) from None


def _imported(address: str) -> Any:
    variables = VARIABLES | (KEEP_LOOPBACK if address.rpartition(":")[0] in LOOPBACK else {})
    for name, value in variables.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ModuleNotFoundError:
        raise ModelUnavailable("`--ray` needs the package ray, which is not installed.", remedy=INSTALL) from None
    return ray
