"""What the Label page remembers in the settings: sizes, options, the last image of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

GOING_ON = "label.going_on"
_PAGE = "label.page"
_LAST = "label.last"
_MOST_PROJECTS = 100


class Memory(QObject):
    """Choices by name; they are written a moment after they change."""

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._folder = str(context.project.folder) if context.project is not None else ""
        self._page = _table(_PAGE)
        self._last: dict[str, int] = _table(_LAST)
        self._changed: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(800)
        self._timer.timeout.connect(self._write)

    def get(self, name: str, default: Any) -> Any:
        """The choice `name` where it has the type of `default`, else `default`."""
        found = self._page.get(name, default)
        return found if isinstance(found, type(default)) else default

    def put(self, name: str, value: object) -> None:
        if self._page.get(name) != value:
            self._page[name] = value
            self._later(_PAGE)

    @property
    def last_image(self) -> int | None:
        """The image of this project that was on the canvas last."""
        found = self._last.get(self._folder)
        return found if isinstance(found, int) else None

    def put_last_image(self, image: int) -> None:
        if self._last.pop(self._folder, None) != image:
            self._later(_LAST)
        self._last[self._folder] = image
        while len(self._last) > _MOST_PROJECTS:
            del self._last[next(iter(self._last))]

    @property
    def going_on_labels(self) -> bool:
        """Whether going on to the next image marks a draft as labelled."""
        return bool(service("preferences", "preference")(GOING_ON, True))

    def put_going_on_labels(self, on: bool) -> None:
        self._context.ops.run(
            service("settings", "set_setting"), GOING_ON, on, lane=Lane.WRITE, owner=self
        )

    def flush(self) -> None:
        """Write at once what is still to be written; for the end of the page."""
        self._timer.stop()
        for name in tuple(self._changed):
            service("settings", "set_setting")(name, self._value(name))
        self._changed.clear()

    def _later(self, name: str) -> None:
        self._changed.add(name)
        self._timer.start()

    def _value(self, name: str) -> dict[str, Any]:
        return dict(self._page if name == _PAGE else self._last)

    def _write(self) -> None:
        for name in self._changed:
            self._context.ops.run(
                service("settings", "set_setting"), name, self._value(name), lane=Lane.WRITE
            )
        self._changed.clear()


def _table(name: str) -> dict[str, Any]:
    found = service("preferences", "preference")(name, {})
    return dict(found) if isinstance(found, dict) else {}
