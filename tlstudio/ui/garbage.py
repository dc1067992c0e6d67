"""The window's thread alone throws away rings of references that nothing holds any more.

Python searches for them in whatever thread happens to make something, and destroys widgets there.
Qt then holds a lock of its own and waits for the interpreter, while the window's thread holds the
interpreter and waits for that lock: the window hangs for good.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from tlstudio.services.collecting import collect_due

_EVERY = 300  # ms


class Collector(QObject):
    """Takes the search over from Python, in the thread that makes it, until `stop`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(collect_due)
        self._timer.start(_EVERY)

    def stop(self) -> None:
        self._timer.stop()
        gc.enable()
