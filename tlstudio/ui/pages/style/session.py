"""The styling under way: asked of the service, heard of on the UI thread, kept when it ends.

At rest, running, or stopping. While it runs, and after it came to its end by itself, a change of
the settings goes on from where the picture stands; after Stop or Cancel it waits for a word.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Preview, Progressed
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane

if TYPE_CHECKING:
    from pathlib import Path

    from tlstudio.domain.events import Event
    from tlstudio.domain.style_history import StylingEntry
    from tlstudio.domain.styling import Styling
    from tlstudio.services.styling import StyledPicture
    from tlstudio.ui.context import Context

HERE = "here"
"""Start from the picture as the worker has it."""

_REPLACED = "style.replaced"


class State(Enum):
    REST = "rest"
    RUNNING = "running"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Wish:
    """A styling to be made; `content_image` is the project's image that the content is."""

    styling: Styling
    content_image: int | None = None


class Session(QObject):
    """`staged(message code)` and `previewed(Preview)` while it runs, `made(file)` when it came to
    its end, `ended(StylingEntry)` once it is in the history, `changed` with each state."""

    staged = Signal(str)
    previewed = Signal(object)
    made = Signal(object)
    ended = Signal(object)
    changed = Signal()
    _heard = Signal(int, object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self.state = State.REST
        self.live = False
        self.has_picture = False
        self._asked = 0
        self._wish: Wish | None = None
        self._adopted: Path | None = None
        self._woken = False
        self._heard.connect(self._hear)

    def start(self, wish: Wish, start_from: str | None) -> None:
        """Make this picture; `start_from` is HERE, or None to begin as its settings say."""
        self._asked += 1
        self._wish = wish
        if start_from == HERE and self._adopted is not None:
            start_from = str(self._adopted)
        self._adopted = None
        self.has_picture = start_from is not None
        self._woken = True
        self.live = True
        self._set(State.RUNNING)
        number = self._asked
        self._context.ops.run(
            service("styling", "request"),
            self._context.project,
            wish.styling,
            start_from=start_from,
            on_event=partial(self._heard.emit, number),
            on_done=partial(self._done, number),
            on_error=partial(self._failed, number),
            owner=self,
            lane=Lane.LONG,
        )

    def wake(self) -> None:
        """Start the worker, so that the first picture comes sooner."""
        if not self._woken:
            self._woken = True
            self._context.ops.run(
                service("styling", "wake"), on_error=lambda _error: None, lane=Lane.LONG, owner=self
            )

    def differs(self, wish: Wish) -> bool:
        """Whether `wish` is another one than that at hand."""
        return wish != self._wish

    def stop(self) -> None:
        """End it and keep the picture as it is."""
        if self.state is State.RUNNING:
            self.live = False
            self._set(State.STOPPING)
            self._order_stop()

    def cancel(self) -> None:
        """Give it up; what comes of it is let go."""
        if self.state is not State.REST:
            self._asked += 1
            self._order_stop()
            self.forget()

    def adopt(self, picture: Path) -> None:
        """Take a picture of the history as the one to go on from, once that is asked for."""
        self.forget()
        self._adopted = picture
        self.has_picture = True
        self.changed.emit()

    def forget(self) -> None:
        """The picture at hand is none to go on from any more."""
        if self.state is not State.REST:
            self._asked += 1
            self._order_stop()
        self.live = self.has_picture = False
        self._wish = self._adopted = None
        self._set(State.REST)

    def close(self) -> None:
        """The project or the window closes: the worker is put away.

        On a thread of its own: a worker that paints takes up to two seconds to let go, and the
        threads of `ops` are called off at the end of the program, which then would wait for the
        whole picture.
        """
        self._asked += 1
        if self._woken:
            rest = service("styling", "rest")
            threading.Thread(target=rest, name="style-rest", daemon=True).start()

    def _hear(self, number: int, event: Event) -> None:
        if number != self._asked or self.state is not State.RUNNING:
            return
        if isinstance(event, Preview):
            self.has_picture = True
            self.previewed.emit(event)
        elif isinstance(event, Progressed):
            self.staged.emit(event.stage)

    def _done(self, number: int, picture: StyledPicture) -> None:
        if number != self._asked or self._wish is None:
            return
        self.has_picture = True
        self._set(State.REST)
        self.made.emit(picture.file)
        if not self._context.locked_reason():
            self._context.edit(
                service("styling", "keep"),
                self._wish.styling,
                picture,
                content_image=self._wish.content_image,
                on_done=partial(self._kept, number),
                owner=self,
            )

    def _kept(self, number: int, entry: StylingEntry) -> None:
        if number == self._asked:
            self.ended.emit(entry)

    def _failed(self, number: int, error: BaseException) -> None:
        replaced = isinstance(error, UserError) and error.code == _REPLACED
        if number != self._asked or replaced:
            return
        self.live = False
        self._set(State.REST)
        self._context.show_error(error)

    def _order_stop(self) -> None:
        self._context.ops.run(
            service("styling", "stop"), self._context.project, lane=Lane.LONG, owner=self
        )

    def _set(self, state: State) -> None:
        self.state = state
        self.changed.emit()
