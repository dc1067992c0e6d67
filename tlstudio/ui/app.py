"""Starting the window. Nothing heavy is imported before it is on screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

# Before PySide6, which reads the source of every module that is imported after it.
from tlstudio.services.preferences import home_folder, preference
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from tlstudio.ui.instance import Instance
    from tlstudio.ui.shell.window import Window

_USAGE = "usage: tlstudio gui [PROJECT]"


def main(argv: Sequence[str]) -> int:
    """Open the window, with the project in `argv` where one is named.

    Returns the exit status: 0 also where another window answered, 2 for a wrong command line
    or a machine without a screen.
    """
    if len(argv) > 1 or (argv and argv[0].startswith("-")):
        wanted = bool(argv) and argv[0] in ("-h", "--help")
        print(_USAGE, file=sys.stdout if wanted else sys.stderr)
        return 0 if wanted else 2
    if not _has_screen():
        print(
            tr(
                "error: there is no screen to open a window on; `tlstudio --help` lists what the"
                " command line can do"
            ),
            file=sys.stderr,
        )
        return 2
    project = str(Path(argv[0]).expanduser().absolute()) if argv else ""
    return _run(project)


def _has_screen() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _run(project: str) -> int:
    # The UI thread waits this long for the interpreter when other threads compute.
    sys.setswitchinterval(0.001)
    app = make_application()
    from tlstudio.ui.garbage import Collector
    from tlstudio.ui.instance import Instance

    instance = Instance(home_folder())
    if not instance.first() and instance.call(project):
        return 0
    from tlstudio.ui.theme import theme

    theme().apply(str(preference("theme", "dark")))
    take_choices()
    garbage = Collector(app)
    window = make_window(app)
    window.painted.connect(lambda: started(window, instance, project))
    window.show()
    status = app.exec()
    window.close_down()
    garbage.stop()
    instance.close()
    return status


def take_choices() -> None:
    """The keys and patterns the person chose in Settings."""
    from tlstudio.ui.keymap import keymap
    from tlstudio.ui.label_look import patterns

    keymap().load(preference("keys", None))
    patterns().set_on(preference("patterns", True) is not False)


def make_application() -> QApplication:
    """The program's QApplication, named for the desktop it runs on."""
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtWidgets import QApplication

    QCoreApplication.setApplicationName("TL Studio")
    QCoreApplication.setOrganizationName("tlstudio")
    app = QApplication.instance() or QApplication(["tlstudio"])
    assert isinstance(app, QApplication)
    app.setDesktopFileName("tlstudio")
    return app


def make_window(app: QApplication) -> Window:
    """The window at a size that suits the screen, not yet shown."""
    from tlstudio.ui.context import Context
    from tlstudio.ui.icons import app_icon
    from tlstudio.ui.shell.window import Window

    window = Window(Context())
    window.setWindowIcon(app_icon())
    screen = app.primaryScreen()
    if screen is not None:
        room = screen.availableGeometry()
        width, height = min(1600, room.width()), min(1000, room.height())
        window.resize(width, height)
        window.move(room.center().x() - width // 2, room.center().y() - height // 2)
    return window


def started(window: Window, instance: Instance, project: str) -> None:
    """What can wait until the window is on screen."""
    from tlstudio.ui import faults

    faults.install(window.context.show_error)
    if not instance.listen():
        faults.log("a second start cannot reach this window", "WARNING")

    def asked(wanted: str) -> None:
        window.bring_up()
        _open(window, wanted)

    instance.asked.connect(asked)
    if project:
        _open(window, project)


def _open(window: Window, project: str) -> None:
    opened = window.context.project
    if project and (opened is None or Path(project) != Path(opened.folder)):
        window.context.open_project(Path(project))
