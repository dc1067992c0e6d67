"""What kind of place a project folder is: on the network, writable."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

NETWORK_TYPES = frozenset(
    {
        "9p", "afpfs", "afs", "ceph", "cifs", "davfs", "fuse.davfs2", "fuse.glusterfs",
        "fuse.gvfsd-fuse", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
        "fuse.vmhgfs-fuse", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4",
        "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "webdav",
    }
)  # fmt: skip

_DRIVE_REMOTE = 4  # GetDriveTypeW


def on_network(folder: Path) -> bool:
    """Whether the folder lies on a network drive, where SQLite's WAL is unsafe.

    What cannot be found out counts as local.
    """
    try:
        place = folder.resolve()
        if sys.platform == "win32":
            return _windows_remote(place)
        if sys.platform == "darwin":
            listing = subprocess.run(
                ["/sbin/mount"], capture_output=True, text=True, timeout=5, check=True
            ).stdout
            return type_of_place(place, mac_mounts(listing)) in NETWORK_TYPES
        table = Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape")
        return type_of_place(place, linux_mounts(table)) in NETWORK_TYPES
    except (OSError, subprocess.SubprocessError):
        return False


def linux_mounts(table: str) -> list[tuple[str, str]]:
    """(mount point, file system) from the text of /proc/mounts, octal escapes undone."""
    found = []
    for line in table.splitlines():
        parts = line.split(" ")
        if len(parts) >= 3:
            point = parts[1]
            for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
                point = point.replace(code, sign)
            found.append((point, parts[2]))
    return found


def mac_mounts(listing: str) -> list[tuple[str, str]]:
    """(mount point, file system) from lines like `//a@b/c on /Volumes/c (smbfs, nodev)`."""
    found = []
    for line in listing.splitlines():
        place, _, options = line.partition(" on ")[2].rpartition(" (")
        if place:
            found.append((place, options.rstrip(")").split(",")[0].strip()))
    return found


def type_of_place(place: Path, mounts: list[tuple[str, str]]) -> str:
    """The file system of the longest mount point above `place`; of equal ones the last counts."""
    best = ("", "")
    for point, kind in mounts:
        if len(point) >= len(best[0]) and place.is_relative_to(point):
            best = (point, kind)
    return best[1]


def _windows_remote(place: Path) -> bool:
    if sys.platform != "win32":
        return False
    import ctypes

    if place.drive.startswith("\\\\"):
        return not place.drive.startswith("\\\\?\\")
    return bool(ctypes.windll.kernel32.GetDriveTypeW(place.anchor) == _DRIVE_REMOTE)


def may_change(file: Path) -> bool:
    """Whether the file can be written, or is yet to be made."""
    return os.access(file, os.W_OK) or not file.exists()


def writable(folder: Path) -> bool:
    """Whether files can be made in the folder, found out by making one."""
    if not os.access(folder, os.W_OK):
        return False
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
