"""The entry to double-click, on each system: its text, its quoting, its place."""

from __future__ import annotations

import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest

ODD = Path("/home/Jörg O'Neil/my $tools 100%/tl")


def entry(text: str) -> dict[str, str]:
    lines = text.splitlines()
    assert lines[0] == "[Desktop Entry]"
    return dict(line.split("=", 1) for line in lines[1:])


def exec_words(value: str) -> list[str]:
    """Words of an Exec line as the desktop entry specification reads them."""
    unescaped = value.replace("\\\\", "\\")
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', unescaped)
    return [re.sub(r"\\(.)", r"\1", quoted) or bare for quoted, bare in words]


def test_a_linux_entry_starts_the_private_python_without_a_terminal() -> None:
    from desktop import desktop_file

    keys = entry(desktop_file(ODD / ".venv/bin/python", ODD))
    words = exec_words(keys["Exec"])
    assert words[0].replace("%%", "%") == str(ODD / ".venv/bin/python")
    assert words[1:] == ["-m", "tlstudio", "gui", "%f"]
    assert keys["Terminal"] == "false"
    assert keys["Icon"] == str(ODD / "resources/icons/app.png")
    assert keys["Type"] == "Application"


def test_the_icons_of_all_systems_are_there() -> None:
    from desktop import ICONS

    assert (ICONS / "app.png").read_bytes().startswith(b"\x89PNG")
    assert (ICONS / "app.ico").read_bytes().startswith(b"\x00\x00\x01\x00")
    assert (ICONS / "app.icns").read_bytes().startswith(b"icns")


def test_a_windows_shortcut_opens_no_console() -> None:
    from desktop import shortcut_script

    root = PureWindowsPath(r"C:\Users\O'Neil\tl")
    script = shortcut_script(root / ".venv/Scripts/pythonw.exe", root, root / "app.ico")  # type: ignore[arg-type]
    assert r"$link.TargetPath = 'C:\Users\O''Neil\tl\.venv\Scripts\pythonw.exe'" in script
    assert "$link.Arguments = '-m tlstudio gui'" in script
    assert r"$link.IconLocation = 'C:\Users\O''Neil\tl\app.ico,0'" in script
    assert "TL Studio.lnk" in script


def test_a_macos_command_is_a_shell_script_that_lets_go() -> None:
    from desktop import command_file

    text = command_file(ODD / ".venv/bin/python", ODD)
    assert text.startswith("#!/bin/sh\n")
    line = next(line for line in text.splitlines() if line.startswith("nohup"))
    assert shlex.split(line)[1:5] == [str(ODD / ".venv/bin/python"), "-m", "tlstudio", "gui"]
    assert line.endswith("&")
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0


def test_the_macos_icon_is_set_on_the_file() -> None:
    from desktop import icon_script

    script = icon_script(Path('/a "b"/app.icns'), Path("/Users/x/Desktop/TL Studio.command"))
    assert r'"/a \"b\"/app.icns"' in script
    assert "setIconForFileOptions" in script


@pytest.mark.parametrize(
    ("listed", "folder"),
    [
        ("", "/home/x/Desktop"),
        ('XDG_DESKTOP_DIR="$HOME/Schreibtisch"\n', "/home/x/Schreibtisch"),
        ('# a remark\nXDG_DESKTOP_DIR="/srv/desk"\n', "/srv/desk"),
    ],
)
def test_the_desktop_has_the_name_the_system_gave_it(listed: str, folder: str) -> None:
    from desktop import desktop_folder

    assert desktop_folder(listed, Path("/home/x")) == Path(folder)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="entries of Linux desktops")
@pytest.mark.parametrize("has_desktop", [True, False])
def test_linux_entries_are_put_in_menu_and_desktop(
    has_desktop: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import desktop

    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    if has_desktop:
        (tmp_path / "Desktop").mkdir()
    said = desktop.put_entry(Path("/opt/tl/.venv/bin/python"))
    menu = tmp_path / ".local/share/applications/tlstudio.desktop"
    assert entry(menu.read_text("utf-8"))["Name"] == "TL Studio"
    on_desktop = tmp_path / "Desktop/tlstudio.desktop"
    assert on_desktop.exists() == has_desktop
    if has_desktop:
        assert on_desktop.stat().st_mode & stat.S_IXUSR
    else:
        assert "skipped" in said[-1]
