"""Telling network drives from local ones."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tlstudio.storage import drives

LINUX = """\
/dev/sda1 / ext4 rw,relatime 0 0
server:/export /mnt/my\\040share nfs4 rw 0 0
//nas/data /mnt/nas cifs rw 0 0
me@box:/ /home/me/box fuse.sshfs rw 0 0
/dev/sdb1 /mnt/nas/stick ext4 rw 0 0
"""

MAC = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
//me@nas/data on /Volumes/my data (smbfs, nodev, nosuid, mounted by me)
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/home/me/x.tlproj", "ext4"),
        ("/mnt/my share/x.tlproj", "nfs4"),
        ("/mnt/nas/a/b", "cifs"),
        ("/mnt/nas/stick/b", "ext4"),
        ("/mnt/nasty", "ext4"),
        ("/home/me/box/p", "fuse.sshfs"),
    ],
)
def test_the_deepest_mount_tells_the_file_system(place: str, kind: str) -> None:
    mounts = drives.linux_mounts(LINUX)
    assert drives.type_of_place(PurePosixPath(place), mounts) == kind  # type: ignore[arg-type]
    assert (kind in drives.NETWORK_TYPES) == (kind != "ext4")


def test_mounts_of_a_mac_are_read() -> None:
    mounts = drives.mac_mounts(MAC)
    place = PurePosixPath("/Volumes/my data/p.tlproj")
    assert drives.type_of_place(place, mounts) == "smbfs"  # type: ignore[arg-type]


def test_a_temporary_folder_here_is_writable(tmp_path: Path) -> None:
    assert drives.writable(tmp_path)
    assert not drives.writable(tmp_path / "absent")
