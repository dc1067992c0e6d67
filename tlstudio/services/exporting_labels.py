"""Taking annotations away: written beside the folder asked for, renamed to it when all is there."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.formats.writers import FORMATS, writer
from tlstudio.formats.writers.exported import Export, Folder, OutImage, Writer, WriteReport
from tlstudio.services._export_images import bring, need_room
from tlstudio.services._export_reading import Names, Reader, out_labels
from tlstudio.storage import export_rows, labels
from tlstudio.storage.connection import Db
from tlstudio.storage.export_rows import ImageFacts
from tlstudio.storage.files import replace
from tlstudio.storage.project import Project

__all__ = ["FORMATS", "IMAGES", "LabelsReport", "export_labels", "look_at_labels"]

IMAGES = ("copy", "link", "none")
RENAMED = "renamed.tsv"
_MOST_TO_LOOK_AT = 20_000


@dataclass(frozen=True, slots=True)
class LabelsReport:
    """`images` that the files in `out` list, `annotations` in them, and what was lost."""

    out: Path
    format: str
    images: int
    annotations: int
    warnings: tuple[Notice, ...]

    def to_json(self) -> dict[str, Any]:
        """The keys of `tlstudio export-labels --json`."""
        warnings = [notice.to_json() for notice in self.warnings]
        return {"images": self.images, "annotations": self.annotations, "warnings": warnings}


def export_labels(
    project: Project,
    format: str,
    out: Path,
    *,
    images: str = "none",
    suggestions: bool = False,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> LabelsReport:
    """Write the annotations of all labelled images to the folder `out`, new or empty, in one of
    FORMATS; `images` is one of IMAGES. Nothing outside `out` is written.

    `suggestions` takes those along that nobody has accepted. Raises UserError (export.*) and
    Cancelled, with nothing left behind.
    """
    form = writer(format)
    if images not in IMAGES:
        raise UserError("export.images", how=images, known=", ".join(IMAGES))
    out = Path(out).expanduser().absolute()
    _check(project, out)
    cancel = cancel or Cancel()
    with _beside(out) as fresh:
        places: dict[int, str] = {}
        names = Names(form.stems)
        with project.read() as db:
            facts = export_rows.all_images(db)
            if images == "copy":
                need_room(facts, fresh)
            given = names.give_all(facts, with_files=images != "none")
            report, lost = _write(db, form, facts, given, places, suggestions, fresh, progress,
                                  cancel)  # fmt: skip
        if not report.listed:
            left = "export.left_out.not_held" in report.losses
            raise UserError("export.nothing_held" if left else "export.nothing", format=format)
        notices = _notices(lost | Counter(report.losses))
        if images != "none":
            wanted = {image: places[image] for image in report.listed}
            brought = bring(project.folder, facts, wanted, fresh, link=images == "link",
                            progress=progress, cancel=cancel)  # fmt: skip
            notices += _notices(brought.counts)
            if brought.missing:
                told = {"count": len(brought.missing), "example": brought.missing[0]}
                notices.append(Notice("export.images_missing", told))
        notices += _renamed(names.changed, fresh)
        cancel.check()
        _put(fresh, out)
    return LabelsReport(out, format, report.images, report.annotations, tuple(notices))


def look_at_labels(
    project: Project, format: str, *, suggestions: bool = False, cancel: Cancel | None = None
) -> LabelsReport | None:
    """What `export_labels` would say, found by writing to a folder that is thrown away; None
    where that would be long. Raises UserError (export.format…) and Cancelled."""
    form = writer(format)
    with project.read() as db:
        if export_rows.count_annotations(db) > _MOST_TO_LOOK_AT:
            return None
        with tempfile.TemporaryDirectory(prefix="tlstudio-") as scratch:
            names = Names(form.stems)
            facts = export_rows.all_images(db)
            given = names.give_all(facts)
            report, lost = _write(db, form, facts, given, {}, suggestions, Path(scratch), silent,
                                  cancel or Cancel())  # fmt: skip
    notices = _notices(lost | Counter(report.losses))
    return LabelsReport(Path(), format, report.images, report.annotations, tuple(notices))


def _write(
    db: Db,
    form: Writer,
    facts: Sequence[ImageFacts],
    given: dict[int, str],
    places: dict[int, str],
    suggestions: bool,
    out: Path,
    progress: Progress,
    cancel: Cancel,
) -> tuple[WriteReport, Counter[str]]:
    """Write the files; `places` is told where each listed image belongs. Also what was lost
    before the format came into it."""
    known = labels.all_labels(db)
    reader = Reader(
        db,
        facts,
        given,
        {label.id: label.name for label in known},
        export_rows.tags(db),
        suggestions,
    )

    def walk() -> Iterable[OutImage]:
        for image in reader.walk():
            places[image.id] = form.place(image)
            yield image

    report = form.write(Export(out_labels(known), len(facts), walk), out, progress, cancel)
    lost: Counter[str] = Counter()
    lost["export.left_out.damaged"] = len(reader.damaged)
    lost["export.lost.extras"] = export_rows.count_extras(db)
    lost["export.lost.comments"] = export_rows.count_commented(db)
    if not suggestions:
        lost["export.left_out.suggestions"] = export_rows.count_suggestions(db)
    return report, lost


def _notices(counts: Counter[str]) -> list[Notice]:
    """In order: what is left out, what is lost, what is changed."""
    ordered = sorted((code, count) for code, count in counts.items() if count)
    return [
        Notice(code, {"count": count})
        for start in ("export.left_out.", "export.lost.", "export.")
        for code, count in ordered
        if code.startswith(start)
        and (start != "export." or not code.startswith(("export.left_out.", "export.lost.")))
    ]


def _renamed(changed: Sequence[tuple[str, str]], out: Path) -> list[Notice]:
    """A table beside the files that says how each of these images was called."""
    if not changed:
        return []
    lines = ["name in the export\tname before"]
    lines += [f"{now}\t{' '.join(before.split())}" for now, before in changed]
    text = "".join(f"{line}\n" for line in lines)
    Folder(out).text(RENAMED, text.encode(errors="replace").decode())
    example = changed[0][1][:80]
    return [Notice("export.renamed", {"count": len(changed), "example": example, "list": RENAMED})]


# --- the folder -------------------------------------------------------------------------------


def _check(project: Project, out: Path) -> None:
    if out.resolve().is_relative_to(project.folder.resolve()):
        raise UserError("export.inside_project", file=str(out))
    try:
        if not out.exists() and not out.is_symlink():
            return
        if not out.is_dir():
            raise UserError("export.not_folder", file=str(out))
        if any(out.iterdir()):
            raise UserError("export.not_empty", file=str(out))
    except OSError as error:
        raise _unwritable(out, error) from error


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A new folder beside `out`, which is gone at the end unless it was put in place."""
    made = _missing_parents(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".tlstudio-", suffix=".part", dir=out.parent))
        fresh.chmod(0o777 & ~_umask())
    except OSError as error:
        _unmake(made)
        raise _unwritable(out, error) from error
    try:
        yield fresh
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        _unmake(made)


def _missing_parents(out: Path) -> list[Path]:
    """Folders that must be made before `out` can be, the innermost first."""
    return [place for place in out.parents if not place.exists()]


def _unmake(folders: Sequence[Path]) -> None:
    """Remove those of the folders that are empty."""
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _put(fresh: Path, out: Path) -> None:
    if out.is_dir() and not out.is_symlink():
        out.rmdir()
    replace(fresh, out)


def _unwritable(out: Path, error: OSError) -> UserError:
    return UserError("export.unwritable", file=str(out), reason=error.strerror or str(error))


def _umask() -> int:
    """mkdtemp makes folders for one person only; an export is as open as any new folder."""
    value = os.umask(0)
    os.umask(value)
    return value
