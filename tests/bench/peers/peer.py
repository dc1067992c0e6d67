"""Times labelme or X-AnyLabeling at work; run by the Python of the peer's own environment.

    PEER_PYTHON tests/bench/peers/peer.py labelme|xanylabeling next FOLDER
    PEER_PYTHON tests/bench/peers/peer.py labelme|xanylabeling shapes IMAGE [--repaints 9]

`next` opens a folder of images and goes to each next image; `shapes` opens an image with the
JSON file beside it, then repaints its canvas. Each figure is in milliseconds and ends when the
canvas has been painted. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Labelme:
    def __init__(self, start: str | None) -> None:
        from labelme.app import MainWindow
        from PyQt5 import QtWidgets

        self.app = QtWidgets.QApplication(sys.argv[:1])
        self.window = MainWindow(file_or_dir=start)
        self.window.resize(1366, 768)
        self.window.show()

    @property
    def canvas(self) -> Any:
        return self.window._canvas_widgets.canvas

    def next(self) -> None:
        self.window._open_next_image()

    def open(self, file: str) -> None:
        self.window._load_file(file)


class XAnyLabeling:
    def __init__(self, start: str | None) -> None:
        from anylabeling import config as configuration
        from anylabeling.config import get_config
        from anylabeling.resources import resources  # noqa: F401
        from anylabeling.views.labeling.utils.theme import init_theme
        from anylabeling.views.mainwindow import MainWindow
        from PyQt6 import QtWidgets

        self.app = QtWidgets.QApplication(sys.argv[:1])
        file = str(Path.home() / ".xanylabelingrc")
        Path(file).write_text("store_data: false\n")
        configuration.current_config_file = file
        settings = get_config(file, {}, show_msg=False)
        init_theme("light")
        self.window = MainWindow(self.app, config=settings)
        self.view = self.window.labeling_widget.view
        self.window.resize(1366, 768)
        self.window.show()
        if start:
            self.view.import_image_folder(start)

    @property
    def canvas(self) -> Any:
        return self.view.canvas

    def next(self) -> None:
        self.view.open_next_image()

    def open(self, file: str) -> None:
        self.view.load_file(file)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", choices=("labelme", "xanylabeling"))
    parser.add_argument("what", choices=("next", "shapes"))
    parser.add_argument("place")
    parser.add_argument("--repaints", type=int, default=9)
    options = parser.parse_args()
    home = tempfile.mkdtemp()
    os.environ.update(HOME=home, XDG_CONFIG_HOME=home, XDG_CACHE_HOME=home)
    kind = Labelme if options.program == "labelme" else XAnyLabeling
    peer = kind(options.place if options.what == "next" else None)

    def settle(seconds: float = 0.5) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            peer.app.processEvents()

    def painted(act: Callable[[], object]) -> None:
        act()
        peer.canvas.repaint()

    settle(2)
    found: dict[str, Any] = {"program": options.program}
    if options.what == "next":
        steps = len(list(Path(options.place).iterdir())) - 1
        found["next_ms"] = []
        for _ in range(steps):
            found["next_ms"].append(timed(lambda: painted(peer.next)))
            settle()
    else:
        found["load_ms"] = timed(lambda: painted(lambda: peer.open(options.place)))
        found["repaint_ms"] = [timed(peer.canvas.repaint) for _ in range(options.repaints)]
    print(json.dumps(found), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
