"""The secret that patients' ids are hashed with: made on first use, never inside a project.

Whoever has it and a list of ids can tell which hash is whose; whoever has not, cannot. A project
that goes to another machine without it keeps its groups, but patients imported there become
other groups.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.imaging.dicom.identity import keyed
from tlstudio.storage.files import replace
from tlstudio.storage.home import home

BYTES = 32
_FILE = "identity.key"


def identity_key() -> bytes:
    """The 256-bit key of this machine's user; made, readable by nobody else, if there is none.

    Raises UserError: identity.key_broken for a file that holds none, identity.key_unreadable.
    """
    path = key_file()
    try:
        if not path.exists():
            write_secret(path, secrets.token_hex(BYTES) + "\n")
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise UserError("identity.key_unreadable", file=str(path), detail=detail) from None
    return _read(path)


def key_if_any() -> bytes | None:
    """The key, None where none was made yet. Raises as `identity_key` does."""
    path = key_file()
    return _read(path) if path.exists() else None


def key_file() -> Path:
    """Where the key lies."""
    return home() / _FILE


def fingerprint(key: bytes) -> str:
    """Twelve hexadecimal digits by which a key is told from others, and nothing else."""
    return keyed(key, "fingerprint")[:12]


def write_secret(path: Path, text: str, *, over: bool = False) -> None:
    """A file that its user alone may read, whole or not at all. One that is there stays, unless
    it is to be written `over`. Raises OSError."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if over:
            replace(fresh, path)
            return
        try:
            os.link(fresh, path)  # another program may have been quicker: its key stays
        except FileExistsError:
            pass
        except OSError:  # a drive without links
            if not path.exists():
                fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        detail = getattr(error, "strerror", None) or type(error).__name__
        raise UserError("identity.key_unreadable", file=str(path), detail=detail) from None
    if not re.fullmatch(rf"[0-9a-f]{{{2 * BYTES}}}", text):
        raise UserError("identity.key_broken", file=str(path))
    return bytes.fromhex(text)
