"""What the machine must bring: recognised, installed where allowed, else one command named."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

import pytest

LISTING = """\
2 libs found in cache `/etc/ld.so.cache'
\tlibxcb.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libxcb.so.1
\tlibEGL.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libEGL.so.1
"""


@pytest.mark.parametrize(
    ("environment", "system", "where"),
    [
        ({"DISPLAY": ":0"}, "linux", "x11"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "linux", "wayland"),
        ({"DISPLAY": ""}, "linux", "none"),
        ({}, "linux", "none"),
        ({}, "darwin", "native"),
        ({}, "win32", "native"),
    ],
)
def test_where_a_window_would_appear(environment: dict[str, str], system: str, where: str) -> None:
    from system import display

    assert display(environment, system).value == where


@pytest.mark.parametrize(
    ("system", "machine", "glibc", "macos", "bits", "words"),
    [
        ("linux", "x86_64", (2, 36), (), 64, None),
        ("linux", "x86_64", (2, 31), (), 64, "2.34 or newer, and this Linux has 2.31"),
        ("linux", "aarch64", (2, 36), (), 64, "2.39 or newer"),
        ("linux", "armv7l", (2, 39), (), 64, "armv7l"),
        ("linux", "x86_64", None, (), 64, "GNU C library"),
        ("darwin", "arm64", None, (14, 5), 64, None),
        ("darwin", "arm64", None, (13, 6), 64, "macOS 14"),
        ("darwin", "x86_64", None, (14, 5), 64, "Intel"),
        ("win32", "AMD64", None, (), 64, None),
        ("win32", "AMD64", None, (), 32, "32-bit"),
        ("win32", "ARM64", None, (), 64, "ARM"),
    ],
)
def test_machines_without_packages_are_told_before_the_download(
    system: str,
    machine: str,
    glibc: tuple[int, int] | None,
    macos: tuple[int, ...],
    bits: int,
    words: str | None,
) -> None:
    from system import platform_problem

    said = platform_problem(system, machine, glibc, macos, bits)
    assert said is None if words is None else words in said


def test_the_loader_listing_is_read() -> None:
    from system import parse_ldconfig

    assert parse_ldconfig(LISTING.splitlines()) == {"libxcb.so.1", "libEGL.so.1"}


def lacking(monkeypatch: pytest.MonkeyPatch, *missing: str, root: bool, apt: bool = True) -> None:
    import system

    known = {so for table in system.NEEDS.values() for so in table} - set(missing)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(system, "_known_libraries", lambda: known)
    monkeypatch.setattr(system, "is_root", lambda: root)
    monkeypatch.setattr(system.shutil, "which", lambda name: name if apt else None)


def test_without_rights_the_one_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import system
    from set_up import Trouble

    lacking(monkeypatch, "libxcb-cursor.so.0", "libEGL.so.1", root=False)
    with pytest.raises(Trouble) as trouble:
        system.need(system.Display.X11)
    assert "sudo apt-get update && sudo apt-get install -y libegl1 libxcb-cursor0" in str(
        trouble.value
    )


def test_another_linux_is_told_which_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    import system
    from set_up import Trouble

    lacking(monkeypatch, "libxcb-cursor.so.0", root=True, apt=False)
    with pytest.raises(Trouble, match=r"libxcb-cursor\.so\.0"):
        system.need(system.Display.X11)


def test_root_installs_and_fetches_lists_only_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    import system

    lacking(monkeypatch, "libEGL.so.1", root=True)
    ran: list[list[str]] = []
    answers = iter([(100, "E: Unable to locate package"), (0, ""), (0, "")])

    def quiet(command: list[str]) -> tuple[int, str]:
        ran.append(command)
        return next(answers)

    monkeypatch.setattr(system, "_quiet", quiet)
    system.need(system.Display.NONE)
    assert [command[1] for command in ran] == ["install", "update", "install"]
    assert ran[-1][-1] == "libegl1"
    ran.clear()
    monkeypatch.setattr(system, "_quiet", lambda command: (ran.append(command), (0, ""))[1])
    system.need(system.Display.NONE)
    assert [command[1] for command in ran] == ["install"]


def test_libraries_for_x11_are_not_asked_of_a_machine_without_a_display(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import system

    lacking(monkeypatch, "libxcb-cursor.so.0", root=False)
    system.need(system.Display.NONE)
    system.need(system.Display.NATIVE)


# In every Linux that the packages are made for.
BASE = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1"}
BASE |= {"libdl.so.2", "librt.so.1", "libpthread.so.0"}


def needed_by(file: Path) -> set[str]:
    """Names of the libraries that a shared library links, out of its table of strings."""
    names = re.findall(rb"(?<=\0)(lib[\w+.-]+\.so\.\d+)(?=\0)", file.read_bytes())
    return {name.decode() for name in names}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the list is for Linux")
def test_the_list_covers_what_qt_links() -> None:
    """Every system library that Qt's plug-ins for X11 and off-screen name is on the list."""
    import PySide6
    from system import ALWAYS, ON_WAYLAND, ON_X11

    folder = Path(PySide6.__path__[0]) / "Qt"
    names = ("xcb", "offscreen", "wayland")
    files = [folder / "plugins" / "platforms" / f"libq{name}.so" for name in names]
    files += [folder / "lib" / f"libQt6{name}.so.6" for name in ("Core", "Gui", "Widgets")]
    files += [folder / "lib" / f"libQt6{name}.so.6" for name in ("XcbQpa", "DBus", "Svg")]
    needed = {so for file in files for so in needed_by(file)}
    ours = {so for so in needed if so.startswith(("libQt6", "libicu", "ld-linux"))}
    assert needed
    assert needed - ours - BASE <= {*ALWAYS, *ON_X11, *ON_WAYLAND}


def linked_by(file: Path) -> list[str]:
    """The NEEDED entries of a 64-bit little-endian shared library (System V ABI, chapter 5)."""
    data = file.read_bytes()
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    # Each header: type, flags, offset, address, physical address, size in the file, …
    headers = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    loaded = [(at, to, n) for kind, _, at, to, _, n in headers if kind == 1]
    start, length = next((at, n) for kind, _, at, _, _, n in headers if kind == 2)
    entries = list(struct.iter_unpack("<QQ", data[start : start + length]))
    names = next(value for tag, value in entries if tag == 5)
    names = next(at + names - to for at, to, n in loaded if to <= names < to + n)
    places = [names + value for tag, value in entries if tag == 1]
    return [data[place : data.index(b"\0", place)].decode() for place in places]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the list is for Linux")
def test_the_list_covers_what_opencv_links() -> None:
    """Each library that importing OpenCV loads is in its wheel, in every Linux, or on the list."""
    from importlib.util import find_spec

    from system import ALWAYS

    spec = find_spec("cv2")
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent
    folder = package.parent / "opencv_python.libs"
    files = [next(package.glob("cv2*.so")), *folder.glob("lib*.so*")]
    own = {file.name for file in files}
    loaded, fresh = set(), {files[0].name}
    paths = {file.name: file for file in files}
    while fresh:
        loaded |= fresh
        fresh = {so for name in fresh & own for so in linked_by(paths[name])} - loaded
    assert {"libGL.so.1", "libglib-2.0.so.0"} <= loaded
    outside = {so for so in loaded - own if not so.startswith("ld-linux")}
    assert outside - BASE <= set(ALWAYS)


def test_quiet_steps_give_status_and_words() -> None:
    from system import _quiet

    status, said = _quiet([sys.executable, "-c", "import sys; print('x'); sys.exit(3)"])
    assert (status, said) == (3, "x\n")


def test_the_machine_of_the_tests_is_fit() -> None:
    from system import refuse_unfit_platform

    refuse_unfit_platform()
