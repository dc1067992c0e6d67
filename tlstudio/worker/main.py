"""`tlstudio worker JOB.json`: one job in a process of its own (docs/decisions/0003).

stdout carries events and nothing else, stdin carries orders, result.json is the last act.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tlstudio.domain.events import Ending, Event, Started
from tlstudio.domain.runs import JobSpec, RunState
from tlstudio.ml.files import write_json
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.worker import compiler
from tlstudio.worker.channel import Channel
from tlstudio.worker.dispatch import find_work
from tlstudio.worker.outcome import Outcome, outcome_of

RESULT = "result.json"

# Libraries that would look for news on the network are told not to; read at their import.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime keeps a device id at home and reports its use
}

# Threads that wait for each other sleep soon instead of spinning, which GNU's OpenMP reads when
# torch loads. On a machine with other work to do, spinning made a step of two threads up to ten
# times slower (decisions/0011); a person's own setting is left alone.
SPIN = {"GOMP_SPINCOUNT": "1000"}


def main(arguments: list[str]) -> int:
    """Do the job described in the file named; 0 where it ended as somebody asked."""
    if len(arguments) != 1:
        print("usage: tlstudio worker JOB.json", file=sys.stderr)
        return 2
    job = JobSpec.from_json(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    folder = Path(job.folder)
    channel = Channel.take_over(folder)
    orders = Orders()
    _be_polite()
    compiler.put_off()
    _listen(orders)
    channel.send(Started(os.getpid()))
    beating = channel.beat()
    start = time.monotonic()
    reporter = Reporter(_sender(channel, orders), orders)
    outcome = _do(job, reporter)
    answer = outcome.to_json(seconds=time.monotonic() - start, warnings=reporter.warnings)
    try:
        write_json(folder / RESULT, answer)
    except OSError as error:
        outcome = outcome_of(error)
    beating.set()
    channel.send(Ending(outcome.state.value, outcome.code, outcome.params))
    return outcome.exit_status


def _do(job: JobSpec, reporter: Reporter) -> Outcome:
    try:
        answer = find_work(job.kind, job.task)(job, reporter)
    except BaseException as error:
        return outcome_of(error)
    return Outcome(RunState.DONE, answer=answer)


def _sender(channel: Channel, orders: Orders) -> Callable[[Event], None]:
    """Events to the channel; a parent that stopped reading counts as gone."""

    def send(event: Event) -> None:
        channel.send(event)
        if channel.parent_gone.is_set() and not orders.orphaned.is_set():
            orders.parent_gone()

    return send


def _be_polite() -> None:
    """Leave Ctrl-C to the parent, the foreground to other programs, the network alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(OFFLINE)
    for name, value in SPIN.items():
        os.environ.setdefault(name, value)
    try:
        below = getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 10)
        psutil.Process().nice(below)
    except (psutil.Error, OSError):
        pass  # a lower priority is a courtesy, not a need


def _listen(orders: Orders) -> None:
    """Take orders from stdin in a thread; its end means that the parent is gone.

    The descriptor is read without sys.stdin: a thread that waits in a buffered reader makes the
    interpreter abort when it ends.
    """

    def run() -> None:
        rest = b""
        try:
            while block := os.read(0, 1 << 16):
                *lines, rest = (rest + block).split(b"\n")
                for line in lines:
                    orders.take(line.decode("utf-8", "replace"))
        except OSError:
            pass  # the same as its end
        orders.parent_gone()

    threading.Thread(target=run, name="orders", daemon=True).start()
