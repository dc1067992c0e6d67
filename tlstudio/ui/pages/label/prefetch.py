"""Pictures ready to show: decoded on threads, the neighbours ahead of time, within a budget."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane

if TYPE_CHECKING:
    from tlstudio.services.pictures import Picture
    from tlstudio.ui.context import Context

BUDGET = 600 * 1024 * 1024


class Pictures(QObject):
    """`arrived(image, picture)`: a draft of the wanted image, or any image in full.

    `failed(image, error)` is sent for the wanted image only; a neighbour that cannot be read
    is tried again when it is wanted.
    """

    arrived = Signal(int, object)
    failed = Signal(int, object)

    def __init__(self, context: Context, parent: QObject, budget: int = BUDGET) -> None:
        super().__init__(parent)
        self._context = context
        self._project = context.project
        self._budget = budget
        self._kept: OrderedDict[int, Picture] = OrderedDict()
        self._under_way: set[int] = set()
        self._wanted: int | None = None
        self._near: tuple[int, ...] = ()

    def get(self, image: int) -> Picture | None:
        """The picture in full where it is there already."""
        found = self._kept.get(image)
        if found is not None:
            self._kept.move_to_end(image)
        return found

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept."""
        return sum(picture.nbytes for picture in self._kept.values())

    @property
    def kept(self) -> frozenset[int]:
        return frozenset(self._kept)

    def want(self, image: int) -> None:
        """Load `image` now, a draft first; what was wanted before is no longer waited for."""
        self._wanted, self._near = image, ()
        if image in self._kept or image in self._under_way:
            return
        self._load(image, quick=True)
        self._load(image, quick=False)

    def want_near(self, images: Sequence[int]) -> None:
        """Load these one after the other when nothing more urgent is under way."""
        self._near = tuple(images)
        self._next()

    def forget(self, images: Iterable[int]) -> None:
        """Read these anew when they are wanted again."""
        for image in images:
            self._kept.pop(image, None)

    def forget_all(self) -> None:
        self._kept.clear()

    def _next(self) -> None:
        if self._under_way:
            return
        for image in self._near:
            if image not in self._kept:
                self._load(image, quick=False)
                return

    def _load(self, image: int, *, quick: bool) -> None:
        if not quick:
            self._under_way.add(image)
        self._context.ops.run(
            _load, self._project, image, quick, self._still_wanted,
            on_done=lambda picture: self._arrive(image, picture, quick),
            on_error=lambda error: self._fail(image, error, quick),
            owner=self, lane=Lane.PICTURE,
        )  # fmt: skip

    def _still_wanted(self, image: int) -> bool:
        """Asked on a thread before it starts to decode."""
        return image == self._wanted or image in self._near

    def _arrive(self, image: int, picture: Picture | None, quick: bool) -> None:
        if quick:
            if picture is not None and image == self._wanted and image not in self._kept:
                if not picture.preview:
                    self._keep(image, picture)
                self.arrived.emit(image, picture)
            return
        self._under_way.discard(image)
        if picture is not None:
            self._keep(image, picture)
            self.arrived.emit(image, picture)
        elif image == self._wanted:  # it was given up, and then wanted again
            self._load(image, quick=False)
        self._next()

    def _fail(self, image: int, error: BaseException, quick: bool) -> None:
        if quick:
            return
        self._under_way.discard(image)
        self._near = tuple(other for other in self._near if other != image)
        if image == self._wanted:
            self.failed.emit(image, error)
        self._next()

    def _keep(self, image: int, picture: Picture) -> None:
        """Keep a picture, and let go of the ones used longest ago that find no room more.

        A neighbour that finds no room beside the wanted image is let go of itself.
        """
        self._kept[image] = picture
        self._kept.move_to_end(image)
        total = self.nbytes
        for other in list(self._kept):
            if total <= self._budget:
                return
            if other != self._wanted:
                total -= self._kept.pop(other).nbytes
                if other in self._near:
                    self._near = tuple(near for near in self._near if near != other)


def _load(
    project: object, image: int, quick: bool, wanted: Callable[[int], bool]
) -> Picture | None:
    """On a thread: the picture, None where nobody waits for it any more."""
    if not wanted(image):
        return None
    loaded: Picture = service("pictures", "load_picture")(project, image, quick=quick)
    return loaded
