"""A pool of threads that lets go of those who are held when it is shut down."""

import threading
from concurrent.futures import ThreadPoolExecutor


def letting_go(release: threading.Event) -> type[ThreadPoolExecutor]:
    """Such a pool, which sets `release` when what is queued would have been cancelled, and waits only then."""

    class Pool(ThreadPoolExecutor):
        """See above."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # as there
            """Cancel, let go, wait."""
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            release.set()
            super().shutdown(wait=wait)

    return Pool
