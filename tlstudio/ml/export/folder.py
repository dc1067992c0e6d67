"""The folder a bundle is written to: whole or not there, and never over something else."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.ml.files import put_in_place

FORMAT = "tlstudio-bundle"
VERSION = 2
FACTS = "bundle.json"


def is_bundle(folder: Path) -> bool:
    """Whether `folder` holds a bundle of any version."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(facts, dict) and facts.get("format") == FORMAT


def check_target(out: Path) -> None:
    """Raise UserError where a bundle must not be written to `out`: bundle.not_a_folder,
    bundle.not_empty. A missing or empty folder and an older bundle are fine."""
    try:
        if not out.exists() and not out.is_symlink():
            return
        if not out.is_dir():
            raise UserError("bundle.not_a_folder", file=str(out))
        if any(out.iterdir()) and not is_bundle(out):
            raise UserError("bundle.not_empty", file=str(out))
    except OSError as error:
        raise _unwritable(out, error) from error


@contextlib.contextmanager
def fresh_folder(out: Path) -> Iterator[Path]:
    """An empty folder beside `out`, removed at the end; `put_bundle` moves it before that."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
        beside.chmod(0o777 & ~_umask())
    except OSError as error:
        raise _unwritable(out, error) from error
    try:
        yield beside
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def put_bundle(fresh: Path, out: Path) -> None:
    """Move the finished folder `fresh` to `out`; an older bundle there goes at the last moment."""
    check_target(out)
    if not out.exists():
        put_in_place(fresh, out)
        return
    if not any(out.iterdir()):
        out.rmdir()
        put_in_place(fresh, out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".old", dir=out.parent))
    put_in_place(out, old / out.name)
    try:
        put_in_place(fresh, out)
    except OSError:
        put_in_place(old / out.name, out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _unwritable(out: Path, error: OSError) -> UserError:
    reason = error.strerror or type(error).__name__
    return UserError("bundle.unwritable", file=str(out), reason=reason)


def _umask() -> int:
    """mkdtemp makes folders for one person only; a bundle is as open as any new folder."""
    value = os.umask(0)
    os.umask(value)
    return value
