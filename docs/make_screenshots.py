"""Pictures of the window for the guide: the sample project in both themes.

    python docs/make_screenshots.py [--out docs/screenshots] [--width 1366 --height 768]
                                    [--project PROJECT.tlproj]
                                    [--style PICTURE --style-weights FILE]
                                    [--match FOLDER --match-to FOLDER]

Without a project the sample is made in a temporary folder. A project with a finished run shows
its results as well. With a style image, and the weights of SqueezeNet 1.1, the first image of the
project is painted in its look. With two folders, the images of the first are shown with the look
of the second.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def wait(milliseconds: int) -> None:
    """Let the window work; unlike QTest.qWait this leaves the interpreter to other threads."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Camera:
    """The window, and where its pictures go."""

    def __init__(self, out: Path, width: int, height: int) -> None:
        from tlstudio.ui.app import make_application, make_window
        from tlstudio.ui.theme import theme

        out.mkdir(parents=True, exist_ok=True)
        self.out = out
        app = make_application()
        theme().apply("dark")
        self.window = make_window(app)
        self.window.resize(width, height)
        self.window.show()

    def settle(self) -> None:
        """Wait until the window has nothing more to do."""
        quiet = 0
        while quiet < 40:
            wait(10)
            quiet = 0 if self.window.context.ops.pending else quiet + 1

    def take(self, name: str) -> None:
        """The window as it is, in both themes."""
        from tlstudio.ui.theme import theme

        self.settle()
        for mode in ("light", "dark"):
            theme().apply(mode)
            self.settle()
            self.window.grab().save(str(self.out / f"{name}-{mode}.png"))


def outline_cells(project: Project) -> list[int]:
    """Outline the cell in an image of each kind, as the smart outline does; the images' ids.

    Of the first twelve of a kind the one whose cell stands most freely is taken.
    """
    from tlstudio.domain.annotations import Polygon
    from tlstudio.domain.images import ImageQuery
    from tlstudio.domain.shapes import bounds
    from tlstudio.services.images import find_images, image_rows
    from tlstudio.services.outlining import grab_cut, outline
    from tlstudio.services.pictures import load_picture
    from tlstudio.services.shaping import add_shapes

    drawn: list[int] = []
    rows = image_rows(project, find_images(project, ImageQuery()))
    for label in sorted({row.labels[0] for row in rows if row.labels}):
        cells: list[tuple[float, Polygon]] = []
        for row in [made for made in rows if made.labels == (label,)][:12]:
            edge = row.width // 16
            box = (edge, edge, row.width - 2 * edge, row.height - 2 * edge)
            mask = grab_cut(load_picture(project, row.id).levels[0], box)
            cell = Polygon(id="", image=row.id, label=label, parts=outline(mask, 1.0))
            _x, _y, w, h = bounds(cell) or (0, 0, 1, 1)
            cells.append((mask.area() / (w * h), cell))
        _fullness, freest = max(cells, key=lambda made: made[0])
        add_shapes(project, freest.image, [freest])
        drawn.append(freest.image)
    return drawn


def photograph_labelling(camera: Camera, images: list[int]) -> None:
    """The Label page with an outline chosen, and in high contrast; the gallery with shapes."""
    from tlstudio.ui.theme import theme

    window = camera.window
    window.context.go_to("label", image=images[1], ids=images)
    camera.settle()
    page = window.page("label")
    camera.settle()
    page.canvas.scene.select([page.canvas.scene.shapes()[0].id])
    camera.take("label")
    theme().apply("contrast")
    camera.settle()
    window.grab().save(str(camera.out / "label-contrast.png"))


def photograph_matching(camera: Camera, change: Path, to: Path) -> None:
    """The second tab of the Style page, with images of one folder to look like another's."""
    from PySide6.QtWidgets import QPushButton

    from tlstudio.ui.pages.style.place_choice import PlaceChoice

    window = camera.window
    window.context.go_to("style", tab="match")
    camera.settle()
    tab = window.page("style").tab("match")
    tab.dropped([change])
    tab.findChild(PlaceChoice, "match_to").take_files([to])
    camera.settle()
    tab.findChild(QPushButton, "match_where_project").click()
    camera.take("match")


def photograph_styling(camera: Camera, style: Path, weights: Path) -> None:
    """The Style page with the first image of the project in the look of `style`."""
    from PySide6.QtWidgets import QPushButton

    from tlstudio.services.models import import_weights
    from tlstudio.ui.pages.style.session import State

    import_weights("squeezenet1_1", weights)
    window = camera.window
    images = window.page("images").model.ids
    window.context.go_to("style", tab="style", content=images[0])
    camera.settle()
    tab = window.page("style").tab("style")
    tab.dropped([style])
    camera.settle()
    tab.findChild(QPushButton, "style_start").click()
    while tab.session.state is not State.REST:
        wait(100)
    camera.settle()
    camera.take("style")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "screenshots")
    parser.add_argument("--width", type=int, default=1366)
    parser.add_argument("--height", type=int, default=768)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--style", type=Path)
    parser.add_argument("--style-weights", type=Path)
    parser.add_argument("--match", type=Path)
    parser.add_argument("--match-to", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLSTUDIO_HOME"] = f"{folder}/home"
        photograph(options, Path(folder))


def photograph(options: argparse.Namespace, folder: Path) -> None:
    from tlstudio.services.demo import make_sample_project
    from tlstudio.services.projects import open_project
    from tlstudio.ui.pages import built

    camera = Camera(options.out, options.width, options.height)
    window = camera.window
    camera.take("home-first")
    if options.project:
        project = open_project(options.project)
    else:
        project = make_sample_project(folder / "Sample cells.tlproj")
    window.context.set_project(project)
    camera.settle()
    page = window.page("images")
    page.step(1)
    camera.take("images-selection")
    page.grid.selectAll()
    for tab in ("labels", "split", "problems"):
        page.side.show_tab(tab)
        camera.take(f"images-{tab}")
    page.side.show_tab("selection")
    page.tools.set_view("list")
    camera.take("images-list")
    page.tools.set_view("grid")
    if not options.project:
        photograph_labelling(camera, outline_cells(project))
    for spec in built():
        if spec.key not in ("images", "label"):
            window.context.go_to(spec.key)
            camera.take(spec.key)
    if options.style and options.style_weights:
        photograph_styling(camera, options.style, options.style_weights)
    if options.match and options.match_to:
        photograph_matching(camera, options.match, options.match_to)
    window.toggle_keys()
    camera.take("keys")
    window.close()
    window.close_down()


if __name__ == "__main__":
    main()
