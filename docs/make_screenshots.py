"""Pictures of the window for the guide: the sample project in both themes.

    python docs/make_screenshots.py [--out docs/screenshots] [--width 1366 --height 768]
                                    [--project PROJECT.tlproj]

Without a project the sample is made in a temporary folder. A project with a finished run shows
its results as well.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "screenshots")
    parser.add_argument("--width", type=int, default=1366)
    parser.add_argument("--height", type=int, default=768)
    parser.add_argument("--project", type=Path)
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
    for spec in built():
        if spec.key not in ("images",):
            window.context.go_to(spec.key)
            camera.take(spec.key)
    window.toggle_keys()
    camera.take("keys")
    window.close()
    window.close_down()


if __name__ == "__main__":
    main()
