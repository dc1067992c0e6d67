"""A look at what the program needs: Qt, graphics card, disk, weights, network settings.

Nothing is asked of the network, and neither Qt nor torch is loaded into this process.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

import tlstudio
from tlstudio.domain.errors import UserError
from tlstudio.domain.messages import render
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.jobs.command import worker_environment
from tlstudio.services.settings import recent_projects, setting
from tlstudio.storage import drives
from tlstudio.storage.home import home

LEAST_FREE = 2_000_000_000
_PATIENCE = 120.0

_QT = (
    "from PySide6.QtCore import qVersion; from PySide6.QtWidgets import QApplication;"
    " app = QApplication([]); print(qVersion(), app.platformName())"
)
_GPU = (
    "import torch; cuda = torch.cuda.is_available();"
    " mps = getattr(torch.backends, 'mps', None);"
    " print(torch.__version__, torch.cuda.get_device_name(0) if cuda else"
    " 'Apple GPU' if mps and mps.is_available() else '-', sep='|')"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `code` and `params` say what was found; not `ok` wants a look."""

    name: str
    ok: bool
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """What was found, in English."""
        return render(self.code, self.params)

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


def checks(progress: Progress = silent, cancel: Cancel | None = None) -> list[Check]:
    """All checks. The graphics card takes some seconds, since torch is loaded in a child."""
    looks: list[Callable[[], list[Check]]] = [
        _program, _home, _disk, _weights, _network, _projects, _qt, _gpu,
    ]  # fmt: skip
    if not _has_home():
        looks = [_program, _home, _qt, _gpu]
    found: list[Check] = []
    for done, look in enumerate(looks):
        if cancel is not None:
            cancel.check()
        stage = "doctor.stage.gpu" if look is _gpu else "doctor.stage.looking"
        progress(Step(stage, done, len(looks)))
        found += look()
    return found


def _program() -> list[Check]:
    params = {
        "version": tlstudio.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": psutil.cpu_count(logical=True) or 1,
        "memory": round(psutil.virtual_memory().total / 1e9, 1),
    }
    return [Check("program", True, "doctor.program", params)]


def _has_home() -> bool:
    """Whether there is the folder that disk, weights, network and projects are looked up in."""
    try:
        home()
    except UserError:
        return False
    return True


def _home() -> list[Check]:
    try:
        folder = home()
        probe = folder / f".doctor-{os.getpid()}"
        probe.write_text("")
        probe.unlink()
    except UserError as error:
        return [Check("home", False, error.code, {**error.params, "file": error.file})]
    except OSError as error:
        params = {"file": str(error.filename), "reason": error.strerror}
        return [Check("home", False, "doctor.home.not_writable", params)]
    return [Check("home", True, "doctor.home.ok", {"file": str(folder)})]


def _disk() -> list[Check]:
    folder = home()
    free = shutil.disk_usage(folder).free
    params = {"free": round(free / 1e9, 1), "file": str(folder)}
    ok = free >= LEAST_FREE
    return [Check("disk", ok, "doctor.disk.ok" if ok else "doctor.disk.low", params)]


def _weights() -> list[Check]:
    folder = home() / "weights"
    files = list(folder.glob("*.safetensors")) if folder.is_dir() else []
    if not files:
        return [Check("weights", True, "doctor.weights.none", {"file": str(folder)})]
    params = {
        "count": len(files),
        "megabytes": round(sum(f.stat().st_size for f in files) / 1e6),
        "file": str(folder),
    }
    return [Check("weights", True, "doctor.weights.ok", params)]


def _network() -> list[Check]:
    """Settings only; nobody is asked."""
    proxy = setting("network.proxy") or urllib.request.getproxies().get("https")
    authority = setting("network.ca_file")
    if authority and not Path(str(authority)).is_file():
        return [Check("network", False, "doctor.network.ca_missing", {"file": authority})]
    params = {"proxy": _without_password(str(proxy)) if proxy else "none", "ca": authority or "-"}
    return [Check("network", True, "doctor.network.ok", params)]


def _without_password(proxy: str) -> str:
    head, at, host = proxy.rpartition("@")
    if not at:
        return proxy
    scheme = head.partition("://")[0]
    return f"{scheme}://…@{host}" if "://" in head else f"…@{host}"


def _projects() -> list[Check]:
    found = []
    for project in recent_projects()[:5]:
        if not project.exists:
            continue
        params = {"name": project.name, "file": str(project.folder)}
        if not drives.writable(project.folder):
            found.append(Check("project", False, "doctor.project.not_writable", params))
        elif drives.on_network(project.folder):
            found.append(Check("project", True, "doctor.project.network", params))
        else:
            found.append(Check("project", True, "doctor.project.ok", params))
    return found


def _qt() -> list[Check]:
    if getattr(sys, "frozen", False):
        return []
    if find_spec("PySide6") is None:
        return [Check("qt", False, "doctor.qt.absent")]
    shown = sys.platform != "linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )
    extra = {} if shown else {"QT_QPA_PLATFORM": "offscreen"}
    status, said = _child(_QT, extra)
    if status != 0:
        return [Check("qt", False, "doctor.qt.broken", {"reason": said})]
    version, _, plugin = said.partition(" ")
    code = "doctor.qt.ok" if shown else "doctor.qt.no_display"
    return [Check("qt", True, code, {"version": version, "plugin": plugin})]


def _gpu() -> list[Check]:
    if getattr(sys, "frozen", False):
        return []
    if find_spec("torch") is None:
        return [Check("torch", False, "doctor.torch.absent")]
    status, said = _child(_GPU, {})
    if status != 0:
        return [Check("torch", False, "doctor.torch.broken", {"reason": said})]
    version, _, card = said.partition("|")
    code = "doctor.gpu.none" if card == "-" else "doctor.gpu.ok"
    return [Check("gpu", True, code, {"version": version, "card": card})]


def _child(code: str, extra: dict[str, str]) -> tuple[int, str]:
    """Exit status and last line of a short Python program in a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**worker_environment(), **extra},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UserError) as error:
        return 1, str(error)
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return done.returncode, lines[-1] if lines else f"exit status {done.returncode}"
