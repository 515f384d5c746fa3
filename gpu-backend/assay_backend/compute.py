"""The one thread on which models compute.

OpenMP gives each thread that calls it a team of workers of its own. Two teams want more cores than there are: they take
them from each other, and once there are more workers than cores they no longer wait for the next product awake, but
sleep after each (a pass then takes a fifth longer). So engines and encoders take turns on one thread, first come first
served, and what computes elsewhere does so on a thread that ends, whose team ends with it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

_thread = ThreadPoolExecutor(1, thread_name_prefix="compute")


def in_turn(work: Callable[..., Any], *given: Any) -> Any:
    """What `work` answers on the thread that computes; blocks until its turn has come and it has ended. Raises what it
    raises. Not to be called from within a turn."""
    return _thread.submit(work, *given).result()


def apart(work: Callable[..., Any], *given: Any) -> Any:
    """What `work` answers on a thread that ends with it. Raises what it raises."""
    done: Future = Future()

    def run() -> None:
        try:
            done.set_result(work(*given))
        except BaseException as error:
            done.set_exception(error)

    thread = threading.Thread(target=run, name="apart", daemon=True)
    thread.start()
    try:
        return done.result()
    finally:
        thread.join()
