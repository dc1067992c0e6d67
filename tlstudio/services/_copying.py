"""Files on their way into the project: as they are, or without their patient."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import MutableSequence, Sequence
from dataclasses import replace
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import SourceFacts
from tlstudio.imaging.dicom.cleaning import clean_copy
from tlstudio.imaging.dicom.identity import keyed
from tlstudio.imaging.facts import file_sha256
from tlstudio.imaging.new_files import new_file
from tlstudio.imaging.stripping.copying import Left, strip_copy
from tlstudio.services._naming import Names
from tlstudio.services.identity_key import identity_key, key_if_any
from tlstudio.storage import images
from tlstudio.storage.images import Source
from tlstudio.storage.project import Project

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def origin_of(sha256: str, *, new: bool = False) -> str:
    """What is kept of the bytes that a cleaned copy was made from: enough to know them again
    with this machine's key, nothing to anybody without it. "" where there is no key, unless it is
    for a `new` copy: then one is made."""
    key = identity_key() if new else key_if_any()
    return keyed(key, "file", sha256) if key is not None else ""


def same_pixels(project: Project, alike: Sequence[Source], facts: SourceFacts) -> Source | None:
    """The cleaned copy under the same name whose frames are these, pixel for pixel: it may have
    been made with the key of another machine."""
    wanted = [frame.pixel_hash for frame in facts.every]
    for source in alike:
        if source.origin:
            with project.read() as db:
                if images.pixel_hashes_of(db, source.id) == wanted:
                    return source
    return None


def would_leave(source: Path, facts: SourceFacts) -> Left:
    """What `copy_in` would leave behind."""
    try:
        return strip_copy(source, None, facts.format, facts.orientation)
    except OSError:
        return Left.NOTHING  # the import itself will say what is wrong


def copy_as_new(
    source: Path,
    name: str,
    facts: SourceFacts,
    folder: Path,
    names: Names,
    written: MutableSequence[Path],
) -> tuple[str, SourceFacts, Left]:
    """Copy `source` into the project's `folder` under a new path that is close to `name`; the
    path, and what `copy_in` tells. The file is in `written` from before it is made."""
    while True:
        path = names.give(name, facts.sha256)
        target = folder / path
        written.append(target)
        try:
            return path, *copy_in(source, target, facts)
        except FileExistsError:  # made by another program since `names` looked
            written.remove(target)


def copy_in(source: Path, target: Path, facts: SourceFacts) -> tuple[SourceFacts, Left]:
    """Put a copy of `source` at `target` without what it says beside its pixels, a DICOM without
    its patient; the facts of the copy, and what was left behind.

    Raises UserError: data.disk_full, data.not_copied, data.changed_meanwhile,
    data.dicom_not_cleaned; nothing is left at `target` then. Raises FileExistsError where
    something lies there, and leaves it as it is.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_copied(source, target, error) from None
    try:
        left = _written(source, target, facts)
    except FileExistsError:
        raise
    except OSError as error:
        raise _not_copied(source, target, error) from None
    try:
        os.utime(target, ns=(facts.mtime_ns, facts.mtime_ns))
        size = target.stat().st_size
        before = size if left is not Left.METADATA else source.stat().st_size
        if before != facts.size:
            raise UserError("data.changed_meanwhile", file=str(source))
        if left is not Left.METADATA:
            return facts, left
        sha, origin = file_sha256(target), origin_of(facts.sha256, new=True)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _not_copied(source, target, error) from None
        raise
    return replace(facts, size=size, sha256=sha, origin=origin), left


def _written(source: Path, target: Path, facts: SourceFacts) -> Left:
    """Make the new file `target`. Raises OSError and UserError; then it is not there."""
    if facts.format == "DICOM":
        clean_copy(source, target, identity_key())
        return Left.METADATA
    left = strip_copy(source, target, facts.format, facts.orientation)
    if left is not Left.METADATA:
        with new_file(target):
            shutil.copyfile(source, target)
    return left


def _not_copied(source: Path, target: Path, error: OSError) -> UserError:
    if error.errno in _FULL:
        return UserError("data.disk_full", file=str(target.parent))
    return UserError("data.not_copied", file=str(source), detail=error.strerror or str(error))
