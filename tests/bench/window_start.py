"""Time from the start of a process to the first paint of its window.

In turns: a bare PySide6 window, TL Studio, and labelme where `--labelme` names the python of
an environment that has it. Prints JSON: medians in seconds with 95 % bootstrap intervals. Needs
a screen; `xvfb-run -a` gives one.

    xvfb-run -a python tests/bench/window_start.py [--pairs 9] [--labelme PYTHON]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from intervals import median_interval

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
import labelme.__main__ as peer

sys.argv = ["labelme"]
try:
    from PySide6 import QtCore, QtWidgets
except ImportError:
    from PyQt5 import QtCore, QtWidgets

class Watch(QtCore.QObject):
    def eventFilter(self, watched, event):
        if event.type() == QtCore.QEvent.Paint and watched.isWindow():
            print(time.monotonic(), flush=True)
            QtCore.QTimer.singleShot(0, QtWidgets.QApplication.quit)
        return False

watch = Watch()
shown = QtWidgets.QMainWindow.show

def show(window):
    window.installEventFilter(watch)
    shown(window)

QtWidgets.QMainWindow.show = show
peer.main()
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--labelme", default="", help="a python that has labelme")
    options = parser.parse_args()
    import PySide6

    cases = {"bare_pyside6": (_BARE, sys.executable), "tlstudio": (_OURS, sys.executable)}
    if options.labelme:
        cases["labelme"] = (_LABELME, options.labelme)
    times: dict[str, list[float]] = {name: [] for name in cases}
    with tempfile.TemporaryDirectory() as folder:
        for code, python in cases.values():  # once unmeasured, so that files are in the cache
            once(code, python, Path(folder))
        for turn in range(options.pairs):
            for name in list(cases) if turn % 2 else list(reversed(cases)):
                times[name].append(once(*cases[name], Path(folder)))
    gaps = [a - b for a, b in zip(times["tlstudio"], times["bare_pyside6"], strict=True)]
    report = {
        "bench": "window_start",
        "n": options.pairs,
        "seed": options.seed,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"python": platform.python_version(), "pyside6": PySide6.__version__},
        "screen": os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM", ""),
        "seconds": {name: median_interval(found, options.seed) for name, found in times.items()},
        "tlstudio_less_bare": median_interval(gaps, options.seed),
        "all": {name: [round(value, 3) for value in found] for name, found in times.items()},
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
