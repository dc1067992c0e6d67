"""How late the window's timers are: idle, and while a model is trained.

A 10 ms precise timer runs in the real window, which shows the sample project's images; every
second a key labels an image and the grid scrolls. Lateness is measured for `--seconds` idle and
for as long during a real run in its own process. Prints JSON: percentiles in milliseconds, and
the 99.9th percentile during the run less that of the idle window.

    xvfb-run -a python tests/bench/window_lateness.py [--seconds 60] [--model squeezenet1_1]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import checkout  # noqa: F401

PERIOD = 0.010


def wait(milliseconds: int) -> None:
    """Let the window work; unlike QTest.qWait this leaves the interpreter to other threads."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Lateness:
    """Counts how late each tick of a 10 ms timer is, in seconds."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.late: list[float] = []
        self._last = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(PERIOD * 1000))
        self._timer.timeout.connect(self._tick)

    def measure(self, seconds: float, until: Callable[[], bool] = lambda: False) -> list[float]:
        """Lateness of each tick in `seconds`, or until `until` says that it is over."""
        self.late, self._last = [], time.perf_counter()
        self._timer.start()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and not until():
            wait(50)
        self._timer.stop()
        return self.late

    def _tick(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, now - self._last - PERIOD))
        self._last = now


def percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    shares = {"median": 0.5, "p99": 0.99, "p99_9": 0.999, "most": 1.0}
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)
        for name, share in shares.items()
    }


def busy_hand(page, seconds: float):  # type: ignore[no-untyped-def]
    """A timer that labels an image and scrolls, once a second."""
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtTest import QTest

    hand = QTimer(page)
    hand.setInterval(round(1000 * seconds))

    def act() -> None:
        QTest.keyClick(page.grid, Qt.Key.Key_1)
        bar = page.grid.verticalScrollBar()
        bar.setValue((bar.value() + 150) % max(1, bar.maximum()))

    hand.timeout.connect(act)
    hand.start()
    return hand


def measure(place: Path, options: argparse.Namespace) -> dict[str, object]:
    import PySide6

    from tlstudio.services.demo import make_sample_project
    from tlstudio.services.training import TrainRequest, start_training
    from tlstudio.ui.app import make_application, make_window
    from tlstudio.ui.theme import theme

    sys.setswitchinterval(0.001)  # as the program does
    make_sample_project(place, seed=options.seed).close()
    app = make_application()
    theme().apply("dark")
    window = make_window(app)
    window.show()
    window.context.open_project(place)
    while window.page("images") is None or not window.page("images").model.ids:
        wait(20)
    wait(2000)
    page = window.page("images")
    page.grid.setFocus()
    page.step(1)
    hand = busy_hand(page, 1.0)
    clock = Lateness()
    idle = clock.measure(options.seconds)
    events: list[object] = []
    request = TrainRequest(
        model=options.model,
        weights="none",
        settings={"strategy": "full", "epochs": 1000, "patience": 1000, "seed": options.seed},
    )
    handle = start_training(window.context.project, request, events.append)
    begun = time.perf_counter()
    started = clock.measure(10, lambda: len(events) > 3)
    running = clock.measure(options.seconds, lambda: handle.ended)
    trained = time.perf_counter() - begun
    over = handle.ended
    handle.cancel()
    handle.wait(60)
    hand.stop()
    window.hide()
    window.close_down()
    idle_late, run_late = percentiles(idle), percentiles(started + running)
    return {
        "bench": "window_lateness",
        "seconds": options.seconds,
        "seed": options.seed,
        "model": options.model,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"python": platform.python_version(), "pyside6": PySide6.__version__},
        "screen": app.platformName(),
        "n": {"idle": len(idle), "run": len(started) + len(running)},
        "late_ms_idle": idle_late,
        "late_ms_run": run_late,
        "p99_9_less_idle_ms": round(run_late["p99_9"] - idle_late["p99_9"], 2),
        "run": {"seconds": round(trained, 1), "events": len(events), "ended_early": over},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--model", default="squeezenet1_1")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLSTUDIO_HOME"] = f"{folder}/home"
        print(json.dumps(measure(Path(folder) / "sample.tlproj", options), indent=1))


if __name__ == "__main__":
    main()
