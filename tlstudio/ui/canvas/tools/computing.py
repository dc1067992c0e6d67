"""Questions that take long, asked off the UI thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tlstudio.ui.words import say_error

if TYPE_CHECKING:
    from tlstudio.domain.annotations import Polygon, type_points
    from tlstudio.ui.canvas.canvas import Canvas


class Question:
    """Asks one thing at a time of `canvas.compute`; a later question makes earlier ones void.

    While one is being answered the latest other waits, so that dragging never piles up work. A
    question about an image that is shown no longer is void, whether it is answered or not.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._asked = 0
        self._busy = False
        self._image: int | None = None
        self._waiting: tuple[Callable[..., Any], tuple[Any, ...], Callable[[Any], None]] | None
        self._waiting = None

    @property
    def busy(self) -> bool:
        """An answer is still to come."""
        under_way = self._busy or self._waiting is not None
        return under_way and self._image == self._canvas.image_id

    def ask(self, function: Callable[..., Any], *args: Any, on_done: Callable[[Any], None]) -> None:
        """Call `on_done` with `function(*args)` unless another question comes first."""
        if self.busy:
            self._waiting = function, args, on_done
            return
        self._busy, self._image, self._waiting = True, self._canvas.image_id, None
        self._asked += 1
        number = self._asked
        self._canvas.compute(
            function,
            *args,
            on_done=lambda answer: self._answered(number, on_done, answer),
            on_error=lambda error: self._failed(number, error),
        )

    def forget(self) -> None:
        """No answer is wanted any more."""
        self._asked += 1
        self._busy = False
        self._waiting = None

    def _answered(self, number: int, on_done: Callable[[Any], None], answer: Any) -> None:
        if number != self._asked:
            return
        self._busy = False
        if self._image != self._canvas.image_id:
            return
        on_done(answer)
        self._go_on()

    def _failed(self, number: int, error: BaseException) -> None:
        if number != self._asked:
            return
        self._busy = False
        self._canvas.say(say_error(error))
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting is not None and not self._busy:
            function, args, on_done = self._waiting
            self._waiting = None
            self.ask(function, *args, on_done=on_done)


class Errands:
    """Does everything it is asked, one after the other, whichever image is shown meanwhile."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._queue: deque[tuple[Callable[[], Any], Callable[[Any], None]]] = deque()
        self._busy = False

    @property
    def busy(self) -> bool:
        return self._busy

    def ask(self, prepare: Callable[[], Callable[[], Any]], on_done: Callable[[Any], None]) -> None:
        """Call `on_done` with what the function says that `prepare` gives when its turn comes."""
        self._queue.append((prepare, on_done))
        self._next()

    def _next(self) -> None:
        if self._busy or not self._queue:
            return
        self._busy = True
        prepare, on_done = self._queue.popleft()

        def done(answer: Any) -> None:
            self._busy = False
            on_done(answer)
            self._next()

        def failed(error: BaseException) -> None:
            self._busy = False
            self._canvas.say(say_error(error))
            self._next()

        self._canvas.compute(prepare(), on_done=done, on_error=failed)


def combined(shape: Polygon, ring: type_points, hole: bool) -> Polygon | None:
    """`shape` less the area in `ring`, or with it as another part; None if nothing is left."""
    from tlstudio.services.outlining import difference, union, without_specks

    other = ((ring,),)
    made = difference(shape.parts, [other]) if hole else union([shape.parts, other])
    parts = without_specks(made)
    return replace(shape, parts=parts) if parts else None
