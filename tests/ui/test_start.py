"""Starting the program: light, single, and polite on a machine without a screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlstudio.ui import app
from tlstudio.ui.instance import Instance

HEAVY = ("numpy", "PIL", "sqlite_utils", "pyqtgraph", "torch", "torchvision", "sklearn")
HEAVY += ("cv2", "shapely", "ultralytics")

_START = """
import json, sys
from tlstudio.ui import app

def started(window, instance, project):
    from PySide6.QtWidgets import QApplication
    print(json.dumps(sorted(sys.modules)))
    QApplication.quit()

app.started = started
sys.exit(app.main([]))
"""


def python(code: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TLSTUDIO_HOME": str(home)}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_nothing_heavy_is_loaded_before_the_first_paint(tl_home: Path) -> None:
    done = python(_START, tl_home)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & set(HEAVY)
    assert not {name for name in loaded if name.startswith("tlstudio.storage.project")}
    assert "tlstudio.ui.pages.images.page" not in loaded


def test_torch_is_never_loaded_by_the_window(opened) -> None:
    code = (
        "import sys\nimport tlstudio.ui.app, tlstudio.ui.pages as p\n"
        "from importlib import import_module\n"
        "for s in p.built(): import_module(s.module)\n"
        "import tlstudio.services.datasets, tlstudio.services.splitting\n"
        "print('torch' in sys.modules)"
    )
    assert python(code, Path(opened.context.project.folder).parent).stdout.strip() == "False"


def test_a_wrong_command_line_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--fast"]) == 2
    assert "usage" in capsys.readouterr().err
    assert app.main(["--help"]) == 0
    assert app.main(["one", "two"]) == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has no screen")
def test_without_a_screen_it_says_so(monkeypatch, capsys) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert app.main([]) == 2
    assert "no screen" in capsys.readouterr().err


_SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from tlstudio.ui.instance import Instance
app = QCoreApplication([])
instance = Instance(Path(sys.argv[1]))
print(instance.first(), instance.call(sys.argv[2]))
"""


def test_a_second_start_raises_the_first_and_hands_it_the_project(qtbot, tmp_path: Path) -> None:
    first = Instance(tmp_path)
    assert first.first()
    assert first.listen()
    asked: list[str] = []
    first.asked.connect(asked.append)
    other = subprocess.Popen(
        [sys.executable, "-c", _SECOND, str(tmp_path), "/data/x.tlproj"],
        stdout=subprocess.PIPE,
        text=True,
    )
    qtbot.waitUntil(lambda: other.poll() is not None, timeout=120_000)
    assert other.stdout is not None
    assert other.stdout.read().strip() == "False True"
    other.stdout.close()
    qtbot.waitUntil(lambda: bool(asked), timeout=30_000)
    assert asked == ["/data/x.tlproj"]
    first.close()
    again = Instance(tmp_path)
    assert again.first()
    again.close()


def test_an_error_in_a_slot_reaches_the_panel_and_not_the_terminal(driver) -> None:
    from tlstudio.ui import faults

    faults.install(driver.context.show_error)
    try:
        sys.excepthook(ValueError, ValueError("odd"), None)
    finally:
        faults.uninstall()
    assert "ValueError" in driver.messages()[0]
