"""The patient key between machines: written to a file, taken from one, and asked of projects.

With the same key the same patient is the same group on every machine. Projects keep the
fingerprints of the keys they were made with, so that another key is noticed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.notices import Notice
from tlstudio.services.identity_key import (
    BYTES,
    fingerprint,
    identity_key,
    key_file,
    key_if_any,
    write_secret,
)
from tlstudio.storage.project import Project
from tlstudio.storage.used_keys import note_key, used_keys

_KIND = "TL Studio patient key"
_LARGEST = 4096  # bytes of a file with a key


@dataclass(frozen=True, slots=True)
class PatientKey:
    """`fingerprint` of the key, "" where there is none yet, and where it lies. `kept` is the file
    in which the key that was here before is kept."""

    fingerprint: str
    file: Path
    kept: Path | None = None

    def to_json(self) -> dict[str, Any]:
        kept = {} if self.kept is None else {"kept": str(self.kept)}
        return {"fingerprint": self.fingerprint, "file": str(self.file), **kept}


def patient_key() -> PatientKey:
    """The key of this machine; none is made. Raises UserError identity.key_broken and
    identity.key_unreadable."""
    key = key_if_any()
    return PatientKey(fingerprint(key) if key else "", key_file())


def export_key(target: Path) -> PatientKey:
    """Write the key, made if there is none, to a new file that its user alone may read.

    Raises UserError identity.exists and identity.not_written.
    """
    key = identity_key()
    mark = fingerprint(key)
    content = {"kind": _KIND, "version": 1, "fingerprint": mark, "key": key.hex()}
    if target.exists():
        raise UserError("identity.exists", file=str(target))
    try:
        write_secret(target, json.dumps(content, indent=2) + "\n")
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise UserError("identity.not_written", file=str(target), detail=detail) from None
    return PatientKey(mark, target)


def import_key(source: Path, *, replace: bool = False) -> PatientKey:
    """Make the key in `source` the one of this machine.

    Where there is another it is kept beside it, and only given up with `replace`. Raises
    UserError identity.no_key, identity.key_unreadable, identity.other_key, identity.not_written.
    """
    key = _key_in(source)
    mark, place = fingerprint(key), key_file()
    here = key_if_any()
    if here == key:
        return PatientKey(mark, place)
    kept = None
    try:
        if here is not None:
            before = fingerprint(here)
            if not replace:
                raise UserError("identity.other_key", file=str(source), here=before, there=mark)
            kept = place.with_name(f"identity-{before}.key")
            write_secret(kept, here.hex() + "\n", over=True)
        write_secret(place, key.hex() + "\n", over=True)
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise UserError("identity.not_written", file=str(place), detail=detail) from None
    return PatientKey(mark, place, kept)


def key_notices(project: Project) -> list[Notice]:
    """What a person should know of a project whose names were hashed with other keys than the
    one of this machine."""
    with project.read() as db:
        used = used_keys(db)
    if not used:
        return []
    key = key_if_any()
    mark = fingerprint(key) if key else ""
    others = [each for each in used if each != mark]
    if not others:
        return []
    code = "identity.key_differs" if mark else "identity.key_lacking"
    return [Notice(code, {"used": ", ".join(others), "here": mark})]


def note_use(project: Project) -> None:
    """Write down in the project that names in it were hashed with the key of this machine."""
    mark = fingerprint(identity_key())
    with project.read() as db:
        if mark in used_keys(db):
            return
    project.transact("undo.import", lambda db: note_key(db, mark), undoable=False)


def _key_in(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            text = file.read(_LARGEST).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        detail = getattr(error, "strerror", None) or type(error).__name__
        raise UserError("identity.key_unreadable", file=str(source), detail=detail) from None
    said = ""
    if text.startswith("{"):
        try:
            content = json.loads(text)
            ours = content.get("kind") == _KIND and content.get("version") == 1
            text, said = (str(content["key"]), str(content["fingerprint"])) if ours else ("", "")
        except (ValueError, KeyError, RecursionError):
            text = ""
    if not re.fullmatch(rf"[0-9a-f]{{{2 * BYTES}}}", text):
        raise UserError("identity.no_key", file=str(source))
    key = bytes.fromhex(text)
    if said and said != fingerprint(key):
        raise UserError("identity.no_key", file=str(source))
    return key
