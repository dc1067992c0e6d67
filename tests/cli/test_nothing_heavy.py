"""Torch and Qt never load in the command line's own process, nor torch in the window's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TORCH = {"torch", "torchvision", "timm", "onnxruntime", "onnx", "sklearn", "lightning_fabric"}
TORCH |= {"ultralytics"}
LARGE = {"cv2", "shapely"}
QT = {"PySide6", "pyqtgraph"}

_RUN = """
import contextlib, io, sys
sys.argv = ["tlstudio", *{arguments!r}]
from tlstudio.__main__ import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def _loaded(code: str, **extra: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **extra},
        timeout=300,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["train", "--help"],
        ["models", "--json"],
        ["recipe", "--json"],
        ["info", "nowhere", "--json"],
        ["train", "nowhere", "--model", "resnet18"],
    ],
    ids=" ".join,
)
def test_command_line_loads_neither_torch_nor_qt(arguments: list[str]) -> None:
    loaded = _loaded(_RUN.format(arguments=arguments))
    assert "tlstudio" in loaded
    assert not loaded & (TORCH | QT | LARGE)


def test_all_services_load_neither_torch_nor_qt() -> None:
    loaded = _loaded(
        "import pkgutil, sys, importlib, tlstudio.services as s\n"
        "for m in pkgutil.iter_modules(s.__path__, 'tlstudio.services.'):\n"
        "    importlib.import_module(m.name)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    assert not loaded & (TORCH | QT)


def test_window_loads_no_torch() -> None:
    """All of ui is imported and the application made, without a screen."""
    loaded = _loaded(
        "import pkgutil, sys, importlib, tlstudio.ui as u\n"
        "for m in pkgutil.walk_packages(u.__path__, 'tlstudio.ui.'):\n"
        "    importlib.import_module(m.name)\n"
        "from PySide6.QtWidgets import QApplication\n"
        "app = QApplication([])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))",
        QT_QPA_PLATFORM="offscreen",
    )
    assert "PySide6" in loaded
    assert not loaded & (TORCH | LARGE)
