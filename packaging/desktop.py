"""An entry to double-click: .desktop on Linux, .lnk on Windows, .command on macOS.

The texts are made by pure functions; only `put_entry` touches the machine.
"""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from set_up import ROOT, Trouble

NAME = "TL Studio"
COMMENT = "Label images, fine-tune a pretrained model on them, check it, take it away"
ICONS = ROOT / "resources" / "icons"


def put_entry(python: Path) -> list[str]:
    """Put the entry where this desktop keeps them; lines that say what was done."""
    if sys.platform == "win32":
        return _on_windows(python)
    if sys.platform == "darwin":
        return _on_macos(python, Path.home() / "Desktop")
    return _on_linux(python)


def desktop_file(python: Path, root: Path) -> str:
    """A desktop entry (freedesktop.org, version 1.5) that starts the window without a console."""
    return "\n".join(
        (
            "[Desktop Entry]",
            "Version=1.5",
            "Type=Application",
            f"Name={NAME}",
            f"Comment={COMMENT}",
            f"Exec={_exec_word(str(python))} -m tlstudio gui %f",
            f"Path={_value(str(root))}",
            f"Icon={_value(str(root / 'resources' / 'icons' / 'app.png'))}",
            "Terminal=false",
            "Categories=Science;Education;Graphics;",
            "StartupNotify=true",
            "StartupWMClass=tlstudio",
            "",
        )
    )


def shortcut_script(pythonw: Path, root: Path, icon: Path) -> str:
    """PowerShell that puts a shortcut on the desktop; pythonw.exe opens no console."""
    return "\n".join(
        (
            "$ErrorActionPreference = 'Stop'",
            "$desktop = [Environment]::GetFolderPath('Desktop')",
            f"$file = Join-Path $desktop {_powershell(NAME + '.lnk')}",
            "$link = (New-Object -ComObject WScript.Shell).CreateShortcut($file)",
            f"$link.TargetPath = {_powershell(str(pythonw))}",
            "$link.Arguments = '-m tlstudio gui'",
            f"$link.WorkingDirectory = {_powershell(str(root))}",
            f"$link.IconLocation = {_powershell(str(icon) + ',0')}",
            f"$link.Description = {_powershell(COMMENT)}",
            "$link.Save()",
            "Write-Output $file",
        )
    )


def command_file(python: Path, root: Path) -> str:
    """A shell script for macOS; it lets go of the terminal it was opened in."""
    start = f"nohup {shlex.quote(str(python))} -m tlstudio gui >/dev/null 2>&1 &"
    return f"#!/bin/sh\ncd {shlex.quote(str(root))} || exit 1\n{start}\nexit 0\n"


def icon_script(icon: Path, file: Path) -> str:
    """JavaScript for osascript that gives `file` its icon."""
    return "\n".join(
        (
            "ObjC.import('AppKit')",
            f"const icon = $.NSImage.alloc.initWithContentsOfFile({_javascript(icon)})",
            f"$.NSWorkspace.sharedWorkspace.setIconForFileOptions(icon, {_javascript(file)}, 0)",
        )
    )


def desktop_folder(user_dirs: str, home: Path) -> Path:
    """The desktop as ~/.config/user-dirs.dirs names it, else ~/Desktop."""
    for line in user_dirs.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "XDG_DESKTOP_DIR":
            place = value.strip().strip('"').replace("$HOME", str(home))
            return Path(place)
    return home / "Desktop"


def _on_linux(python: Path) -> list[str]:
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    listed = config / "user-dirs.dirs"
    folder = desktop_folder(listed.read_text("utf-8") if listed.is_file() else "", home)
    text = desktop_file(python, ROOT)
    said = [_write(data / "applications" / "tlstudio.desktop", text)]
    if not folder.is_dir():
        return [*said, f"skipped: the entry on the desktop (there is no folder {folder})"]
    entry = folder / "tlstudio.desktop"
    said.append(_write(entry, text))
    if shutil.which("gio"):
        # GNOME starts an entry on the desktop only after this; other desktops do not mind.
        trust = ["gio", "set", str(entry), "metadata::trusted", "true"]
        subprocess.run(trust, capture_output=True, check=False)
    return said


def _on_macos(python: Path, folder: Path) -> list[str]:
    file = folder / f"{NAME}.command"
    said = [_write(file, command_file(python, ROOT))]
    script = icon_script(ICONS / "app.icns", file)
    command = ["osascript", "-l", "JavaScript", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said.append(f"skipped: the icon of {file} ({done.stderr.strip()})")
    return said


def _on_windows(python: Path) -> list[str]:
    script = shortcut_script(python.with_name("pythonw.exe"), ROOT, ICONS / "app.ico")
    coded = base64.b64encode(script.encode("utf-16-le")).decode()
    command = ["powershell", "-NoProfile", "-NonInteractive", "-EncodedCommand", coded]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"Windows could not make the shortcut: {done.stderr.strip()[:300]}")
    return [f"made {done.stdout.strip()}"]


def _write(file: Path, text: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    file.chmod(0o755)
    return f"made {file}"


def _value(text: str) -> str:
    """A string value of a desktop entry: the backslash is its escape."""
    return text.replace("\\", "\\\\")


def _exec_word(text: str) -> str:
    """One word of Exec: quoted for its little shell, then escaped as a value; % is doubled."""
    for character in '\\"`$':
        text = text.replace(character, "\\" + character)
    return _value('"' + text.replace("%", "%%") + '"')


def _powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _javascript(file: Path) -> str:
    return json.dumps(str(file))
