"""Taking a trained model away: a bundle in a folder, checked against the trained model."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.runs import JobSpec, Run
from tlstudio.services._work import run_to_end
from tlstudio.services.evaluation import stored
from tlstudio.storage import images, labels, paths, runs, snapshots
from tlstudio.storage.project import Project

FORMATS = ("onnx",)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """`bundle` is where the bundle lies: "OUT-failed" beside the folder asked for where its check
    failed. `parity` gives, per format, n, max_diff, passed and more."""

    bundle: Path
    files: list[str]
    parity: dict[str, dict[str, Any]]

    @property
    def passed(self) -> bool:
        """Whether the bundle answers as the trained model does; otherwise it must not be used."""
        return all(bool(each["passed"]) for each in self.parity.values())

    def to_json(self) -> dict[str, Any]:
        """The keys of `tlstudio export-model --json`."""
        return {"bundle": str(self.bundle), "files": self.files, "parity": self.parity}


def export_model(
    project: Project,
    run_id: str,
    out: Path,
    formats: Sequence[str] = FORMATS,
    *,
    sample: bool = True,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> ExportReport:
    """Write the kept model of a run of any task to the folder `out` and compare both on the
    validation images (where a run had none, on its training images).

    `sample` lets one of these images, without its metadata, travel along, but none whose file says
    that its pixels name somebody; else it is a drawn pattern.
    Raises UserError: bundle.*, project.no_run; Cancelled, with nothing left behind.
    """
    for name in formats:
        if name not in FORMATS:
            raise UserError("bundle.format", format=name, known=", ".join(FORMATS))
    out = Path(out).expanduser().absolute()
    _refuse_own_folder(project, out)
    with project.read() as db:
        run = runs.get_run(db, run_id)
        known = [
            {"id": label.id, "name": label.name, "colour": label.colour}
            for label in labels.all_labels(db)
        ]
    folder = paths.run(project.folder, run.id)
    if run.snapshot is None or not (folder / "best.json").is_file():
        raise UserError("bundle.no_checkpoint", run=run.id, state=run.state.value)
    header, rows = snapshots.read_snapshot(project, run.snapshot)
    facts = _facts(run, _names(header, known), rows)
    facts["metrics"]["evaluation"] = _evaluation(project, run)
    checked_on = "val" if any(row["split"] == "val" for row in rows) else "train"
    params = {
        "run_folder": str(folder),
        "out": str(out),
        "formats": list(formats),
        "sample": sample,
        "checked_on": checked_on,
        "items": _items(project, run, [row for row in rows if row["split"] == checked_on]),
        "labels": known,
        "facts": facts,
    }
    with tempfile.TemporaryDirectory(prefix="tlstudio-export-") as scratch:
        job = JobSpec("export", run.task, scratch, str(project.folder), params)
        result = run_to_end(job, progress, cancel)
    return ExportReport(Path(result["bundle"]), list(result["files"]), result["parity"])


def _refuse_own_folder(project: Project, out: Path) -> None:
    if out.resolve().is_relative_to(project.folder.resolve()):
        raise UserError("bundle.inside_project", file=str(out))


def _items(project: Project, run: Run, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The images of `rows`, where they lie now. UserError("bundle.no_validation")."""
    wanted = {int(row["image"]): row for row in rows}
    with project.read() as db:
        now = {row.id: row for row in images.rows(db, list(wanted))}
    items = []
    for image, learned in wanted.items():
        row = now.get(image)
        if row is None or not row.missing:
            place = paths.resolve(project.folder, row.path if row else str(learned["path"]))
            frame = int(learned.get("frame") or 0)
            private = row is not None and row.burned_in
            items.append(
                {"key": str(image), "path": str(place), "frame": frame, "private": private}
            )
    if not items:
        raise UserError("bundle.no_validation", run=run.id)
    return items


def _evaluation(project: Project, run: Run) -> dict[str, Any] | None:
    """The figures of the last evaluation on the test images, unless the run went on since."""
    found = stored(project, run.id)
    folder = paths.run(project.folder, run.id)
    kept, told = folder / "best.safetensors", folder / "evaluation-test.json"
    if found is None or told.stat().st_mtime_ns < kept.stat().st_mtime_ns:
        return None
    wanted = ("split", "images", "groups", "metrics", "intervals", "methods", "per_label",
              "confusion")  # fmt: skip
    kinds = Counter(str(leak["kind"]) for leak in found["leaks"] if leak["blocks"])
    return {**{name: found[name] for name in wanted}, "leaks": dict(kinds)}


def _names(header: dict[str, Any], known: list[dict[str, Any]]) -> dict[int, str]:
    """Names of the run's labels by id: today's, else those of its snapshot."""
    today = {label["id"]: label["name"] for label in known}
    return {label["id"]: today.get(label["id"], label["name"]) for label in header["labels"]}


def _facts(run: Run, names: dict[int, str], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the card and bundle.json say about the run and its data: counts, never names of
    files or groups."""
    per_label: dict[str, Counter[str]] = {name: Counter() for name in names.values()}
    splits: Counter[str] = Counter()
    for row in rows:
        split = row["split"] or "none"
        splits[split] += 1
        for annotation in row["annotations"]:
            if annotation["label"] in names:
                per_label[names[annotation["label"]]][split] += 1
    return {
        "training": {
            "run": run.id,
            "recipe": run.recipe,
            "snapshot": run.snapshot,
            "epochs": run.epochs,
            "seconds": run.seconds,
            "device": run.device,
            "ended": run.ended.value if run.ended else None,
            "finished": run.finished_at,
            "warnings": [warning["code"] for warning in run.warnings],
        },
        "data": {
            "splits": dict(splits),
            "labels": {name: dict(counts) for name, counts in per_label.items()},
            "groups": len({row["group"] for row in rows if row["group"]}),
        },
        "metrics": {"validation": run.metrics, "evaluation": None},
    }
