"""The real window, and answers to where things are on its screen.

    python tests/e2e/driven/eyes.py PROJECT

Started by `hand.Session`. Reads one JSON question a line and prints one JSON answer a line; it
only looks, everything is done by mouse and keys from outside.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtWidgets import QApplication, QLabel, QWidget


class Eyes(QObject):
    """Answers questions on the UI thread, in order."""

    asked = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self._window = window
        self.asked.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def listen(self) -> None:
        for line in sys.stdin:
            self.asked.emit(line)
        self.asked.emit(json.dumps({"ask": "quit"}))

    def _answer(self, line: str) -> None:
        question = json.loads(line)
        ask = question.pop("ask")
        try:
            answer = getattr(self, f"_{ask}")(**question)
        except Exception as error:  # said to the test, which fails on it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)

    def _pending(self) -> int:
        """Jobs under way, 1 at least while windows wait to be drawn."""
        return int(self._window.context.ops.pending)

    def _rect(self, name: str) -> list[int]:
        """x, y, width, height on the screen of the one visible widget of that name."""
        found = [w for w in QApplication.allWidgets() if w.objectName() == name and w.isVisible()]
        assert len(found) == 1, f"{len(found)} visible widgets are called {name}"
        corner = found[0].mapToGlobal(QPoint(0, 0))
        return [corner.x(), corner.y(), found[0].width(), found[0].height()]

    def _text(self, name: str) -> str:
        """What the label of that name says."""
        return str(self._window.findChild(QLabel, name).text())

    def _spot(self, x: float, y: float) -> list[int]:
        """Where the image's pixel position is on the screen."""
        canvas = self._canvas()
        place: QPointF = canvas.view.to_screen(x, y)
        spot = canvas.mapToGlobal(place.toPoint())
        return [spot.x(), spot.y()]

    def _image(self) -> dict[str, Any]:
        """The image on the canvas: id, whether its pixels are there, scale, number of shapes."""
        canvas = self._canvas()
        return {
            "id": canvas.image_id,
            "drawn": canvas.picture is not None,
            "scale": canvas.view.scale,
            "shapes": len(canvas.scene.all()),
            "tool": canvas.tool.name if canvas.tool else "",
            "label": canvas.label_id,
        }

    def _canvas(self) -> Any:
        return self._window.page("label").canvas

    def _grab(self, file: str) -> bool:
        return self._window.grab().save(file)

    def _quit(self) -> bool:
        QApplication.quit()
        return True


def main() -> None:
    from tlstudio.ui.app import make_application, make_window
    from tlstudio.ui.theme import theme

    app = make_application()
    theme().apply("dark")
    window = make_window(app)
    window.resize(1366, 768)
    window.show()
    window.move(0, 0)
    window.activateWindow()
    eyes = Eyes(window)
    threading.Thread(target=eyes.listen, daemon=True).start()
    window.context.open_project(Path(sys.argv[1]))
    print(json.dumps("ready"), flush=True)
    app.exec()
    window.close_down()


if __name__ == "__main__":
    main()
