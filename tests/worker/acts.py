"""Work for a worker under test, by the kind of job."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import time
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import EpochEnded, Progressed
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter


def work(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Forty short steps with events, or `steps`; ends at a stop."""
    steps = job.params.get("steps", 40)
    for step in range(steps):
        reporter.check()
        reporter.emit(Progressed("act", step + 1, steps))
        time.sleep(0.05)
        if reporter.stop_wanted:
            return {"ended": "user", "steps": step}
    return {"ended": "completed", "steps": steps}


def chatter(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Noise on everything a library may write to, in between real events."""
    for number in range(20):
        print("a line of a library", flush=True)
        os.write(1, b'{"event": "ending", "state": "failed"} half a line')
        os.system("echo a child process of a library")
        sys.stdout.write("\x00\xff")
        reporter.emit(EpochEnded("act", number, 20, 0.0, {"naïve": 1.0}))
    return {"ended": "completed"}


def many(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Events from several threads at once."""

    def emit(thread: int) -> None:
        for number in range(200):
            reporter.emit(EpochEnded("x" * 500, number, thread, 0.0, {}))

    threads = [threading.Thread(target=emit, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {}


def crash(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    raise ZeroDivisionError("secret detail")


def user_error(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    reporter.remark("training.few_images", labels="a", least=10)
    raise UserError("training.image_changed", file="/x/y.png", size=3)


def no_memory(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    raise MemoryError


def no_disk(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    raise OSError(errno.ENOSPC, "No space left on device")


def abort(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    os.abort()


def reach_out(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """What the watch over the network must see; the address is this computer's own."""
    with socket.socket() as link:
        link.settimeout(1)
        link.connect_ex(("127.0.0.1", 9))
    return {
        "offline": os.environ.get("HF_HUB_OFFLINE"),
        "spin": os.environ.get("GOMP_SPINCOUNT"),
        "torch_before_the_work": "torch" in sys.modules,
    }
