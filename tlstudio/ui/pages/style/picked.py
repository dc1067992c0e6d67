"""What a person picked: pictures, shares and regions, and how files become such."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from tlstudio.ui.icons import icon
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.style_parts import ProjectPicture
    from tlstudio.ui.context import Context


@dataclass(frozen=True, slots=True)
class Picked:
    """A picture to work with: a file, or an image of the project that lies in one."""

    path: Path
    frame: int = 0
    image: int | None = None
    name: str = ""

    @property
    def shown(self) -> str:
        return self.name or self.path.name


@dataclass(frozen=True, slots=True)
class Area:
    """Where a style goes: `path` of a grey picture, and what to call it."""

    path: Path
    words: str


@dataclass(frozen=True, slots=True)
class StyleChoice:
    """A style image with its share among several and where it goes (None: everywhere)."""

    picked: Picked
    share: float = 1.0
    area: Area | None = None


Take = Callable[[list[Picked]], object]


def of_project(found: ProjectPicture) -> Picked:
    return Picked(found.path, found.frame, found.image, found.name)


class Intake:
    """The ways by which pictures come in: files, the clipboard, images of the project."""

    def __init__(self, context: Context, owner: QWidget) -> None:
        self._context = context
        self._owner = owner

    def menu(
        self, says: str, name: str, take: Take, from_project: Callable[[], object], *, many: bool
    ) -> QMenu:
        """What to choose from; `from_project` opens the picker of the project's images."""
        menu = named(QMenu(self._owner), f"{name}_menu", says)
        acts: tuple[tuple[str, str, str, Callable[[], object]], ...] = (
            ("file", tr("From a file…"), "folder", partial(self.ask_files, says, take, many=many)),
            ("project", tr("From the project…"), "images", from_project),
            ("paste", tr("Paste"), "copy", partial(self.paste, take)),
        )
        for key, words, sign, act in acts:
            action = menu.addAction(icon(sign), words)
            action.setObjectName(f"{name}_{key}")
            action.triggered.connect(lambda _on=False, do=act: do())
        return menu

    def ask_files(self, says: str, take: Take, *, many: bool) -> None:
        """Ask the system for files."""
        kinds = tr("All files (*)")
        if many:
            files = QFileDialog.getOpenFileNames(self._owner, says, "", kinds)[0]
        else:
            files = [QFileDialog.getOpenFileName(self._owner, says, "", kinds)[0]]
        found = [Picked(Path(file)) for file in files if file]
        if found:
            take(found)

    def paste(self, take: Take) -> bool:
        """Take what the clipboard holds: copied files, or a picture. False where neither."""
        data = QGuiApplication.clipboard().mimeData()
        files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if files:
            take([Picked(file) for file in files])
            return True
        picture = QGuiApplication.clipboard().image()
        if picture.isNull():
            self._context.status_text.emit(tr("There is no picture on the clipboard."))
            return False
        self._context.ops.run(
            _keep,
            self._context.project,
            picture,
            on_done=lambda path: take([Picked(path, name=tr("Pasted picture"))]),
            owner=self._owner,
            lane=Lane.LONG,
        )
        return True

    def images(self, ids: Sequence[int], take: Take) -> None:
        """Take images of the project."""
        self._context.ops.run(
            service("style_parts", "project_pictures"),
            self._context.project,
            list(ids),
            on_done=lambda found: take([of_project(each) for each in found]),
            owner=self._owner,
        )


def _keep(project: object, picture: QImage) -> Path:
    """On a thread: the pasted picture as a file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.convertToFormat(QImage.Format.Format_RGB888).save(buffer, "PNG")
    found: Path = service("style_parts", "keep_pasted")(project, bytes(data.data()))
    return found


def look_image(path: Path, frame: int, side: int) -> tuple[QImage, tuple[int, int]]:
    """On a thread: a picture to show and its true (width, height)."""
    from tlstudio.ui.widgets.answer_picture import image_of

    look = service("style_parts", "look_at_file")(path, frame, side)
    return image_of(look.pixels), (look.width, look.height)


def fitted(picture: QImage, width: int, height: int, ratio: float) -> QPixmap:
    """`picture` in a room of `width` by `height` pixels of the screen, its sides' ratio kept."""
    from PySide6.QtCore import Qt

    made = QPixmap.fromImage(picture).scaled(
        round(width * ratio),
        round(height * ratio),
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    made.setDevicePixelRatio(ratio)
    return made
