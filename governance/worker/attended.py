"""Run a module as a program that ends when the process that started it is gone.

`python -m governance.worker.attended <pid> <module> [argument]...`: a supervisor that is killed
outright cannot stop its children, so they look for themselves.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

LOOK_SECONDS = 1.0


def watch(parent: int) -> None:
    """Ask this process to stop once `parent` is no longer what started it."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    parent, module = int(sys.argv[1]), sys.argv[2]
    sys.argv = [module, *sys.argv[3:]]
    threading.Thread(target=watch, args=(parent,), name="attended", daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
