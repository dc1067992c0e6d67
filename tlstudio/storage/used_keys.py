"""Which patient keys a project was made with: their fingerprints, never the keys."""

from __future__ import annotations

from tlstudio.storage.connection import Db

_ENTRY = "patient_keys"


def used_keys(db: Db) -> tuple[str, ...]:
    """Fingerprints of the keys that names in this project were hashed with, the first one first."""
    text = db.value("SELECT value FROM project WHERE key = ?", (_ENTRY,))
    return tuple(str(text).split()) if text else ()


def note_key(db: Db, fingerprint: str) -> None:
    """Write down that this key was used."""
    before = used_keys(db)
    if fingerprint not in before:
        value = " ".join((*before, fingerprint))
        db.execute("INSERT OR REPLACE INTO project (key, value) VALUES (?, ?)", (_ENTRY, value))
