"""What the machine itself must bring: a fitting platform, and the libraries Qt and OpenCV need."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from enum import Enum

from set_up import Trouble, say


class Display(Enum):
    NONE = "none"
    NATIVE = "native"
    X11 = "x11"
    WAYLAND = "wayland"


# Shared libraries that the wheels of Qt and OpenCV expect from the system, and who brings them
# on Debian and Ubuntu. `objdump -p` on the libraries in the wheels lists them.
ALWAYS = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libzstd.so.1": "libzstd1",
}
ON_X11 = {
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
ON_WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
NEEDS = {
    Display.NONE: ALWAYS,
    Display.NATIVE: {},
    Display.X11: {**ALWAYS, **ON_X11},
    # Qt falls back on X11 where the compositor lacks what it asks for.
    Display.WAYLAND: {**ALWAYS, **ON_X11, **ON_WAYLAND},
}


def display(environment: Mapping[str, str], system: str) -> Display:
    """Where a window would appear."""
    if not system.startswith("linux"):
        return Display.NATIVE
    if environment.get("WAYLAND_DISPLAY"):
        return Display.WAYLAND
    return Display.X11 if environment.get("DISPLAY") else Display.NONE


def need(where: Display) -> None:
    """See to it that Qt and OpenCV find their libraries; Trouble names the one command to type."""
    if not sys.platform.startswith("linux"):
        return
    known = _known_libraries()
    if known is None:
        say("skipped: the check of system libraries (this Linux has no ldconfig)")
        return
    missing = {so: package for so, package in NEEDS[where].items() if so not in known}
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Trouble(
            f"the window needs {', '.join(missing)}; install them with your system's package"
            " manager"
        )
    install(sorted(set(missing.values())), "libraries that the window needs")


def install(packages: list[str], why: str) -> None:
    """Install Debian or Ubuntu packages where this is allowed; else Trouble says what to type."""
    by_hand = f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"
    if not is_root():
        raise Trouble(f"{why} are missing; type: {by_hand}")
    say(f"installing {why}: {' '.join(packages)}")
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    # A bare machine has no package lists yet; a prepared one needs no fresh ones.
    for step in (command, ["apt-get", "update", "-q"], command):
        status, said = _quiet(step)
        if step is command and status == 0:
            return
    last = said.strip().splitlines()[-1:] or ["no message"]
    raise Trouble(f"apt-get could not install {why} ({last[0]}); type: {by_hand}")


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def platform_problem(
    system: str, machine: str, glibc: tuple[int, int] | None, macos: tuple[int, ...], bits: int
) -> str | None:
    """Why the pinned packages do not exist for this machine, or None.

    `glibc` is None where it is unknown (not Linux, or another C library).
    """
    if bits < 64:
        return "this Python is a 32-bit one; install a 64-bit Python"
    if system == "darwin" and machine == "x86_64":
        return (
            "PyTorch is no longer made for Macs with an Intel processor; on an Apple processor"
            " install the Python for arm64"
        )
    if system == "darwin" and macos < (14,):
        return "PyTorch needs macOS 14 or newer"
    if system == "win32" and machine.lower() == "arm64":
        return "PyTorch is not made for Windows on ARM; the x64 Python runs there"
    if system.startswith("linux"):
        return _linux_problem(machine, glibc)
    return None


def _linux_problem(machine: str, glibc: tuple[int, int] | None) -> str | None:
    least = {"x86_64": (2, 34), "aarch64": (2, 39)}.get(machine)
    if least is None:
        return f"PySide6 and PyTorch are not made for {machine} processors"
    if glibc is None:
        return "PySide6 and PyTorch need a Linux with the GNU C library, and this is not one"
    if glibc < least:
        have, want = (".".join(map(str, version)) for version in (glibc, least))
        return f"PySide6 needs GNU C library {want} or newer, and this Linux has {have}"
    return None


def refuse_unfit_platform() -> None:
    """Trouble, before anything is downloaded, where the packages cannot run."""
    library, version = platform.libc_ver()
    glibc = _numbers(version)[:2] if library == "glibc" else ()
    problem = platform_problem(
        sys.platform,
        platform.machine(),
        (glibc[0], glibc[1]) if len(glibc) == 2 else None,
        _numbers(platform.mac_ver()[0]),
        64 if sys.maxsize > 2**32 else 32,
    )
    if problem:
        raise Trouble(problem)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _known_libraries() -> set[str] | None:
    """Names of the shared libraries the loader finds, or None where it cannot be asked."""
    tool = shutil.which("ldconfig") or shutil.which("ldconfig", path="/sbin:/usr/sbin")
    if tool is None:
        return None
    listing = subprocess.run([tool, "-p"], capture_output=True, text=True, check=False)
    return parse_ldconfig(listing.stdout.splitlines()) if listing.returncode == 0 else None


def parse_ldconfig(lines: Iterable[str]) -> set[str]:
    """Names out of `ldconfig -p`, whose lines are "name (kind) => file"."""
    return {line.split()[0] for line in lines if "=>" in line}


def _quiet(command: list[str]) -> tuple[int, str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        check=False,
    )
    return done.returncode, done.stdout
