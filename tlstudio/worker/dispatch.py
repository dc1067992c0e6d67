"""Which function does which job: names only, resolved when the job is there."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter

Work = Callable[[JobSpec, Reporter], dict[str, Any]]

ANY = "*"
TABLE: dict[tuple[str, str], str] = {
    ("train", "classification"): "tlstudio.ml.classification:train",
    ("predict", "classification"): "tlstudio.ml.classification:predict",
    ("serve", "classification"): "tlstudio.ml.classification:serve",
    ("train", "segmentation"): "tlstudio.ml.segmentation:train",
    ("predict", "segmentation"): "tlstudio.ml.segmentation:predict",
    ("serve", "segmentation"): "tlstudio.ml.segmentation:serve",
    ("import-weights", "segmentation"): "tlstudio.ml.segmentation:import_weights",
    ("export", "classification"): "tlstudio.ml.export:export",
    ("export", "detection"): "tlstudio.ml.export:export",
    ("export", "segmentation"): "tlstudio.ml.export:export",
    ("train", "detection"): "tlstudio.ml.detection:train",
    ("predict", "detection"): "tlstudio.ml.detection:predict",
    ("serve", "detection"): "tlstudio.ml.detection:serve",
    ("train", "style"): "tlstudio.ml.style.fast:train",
    ("predict", "style"): "tlstudio.ml.style.fast:predict",
    ("stylize", "style"): "tlstudio.ml.style:stylize",
    ("serve", "style"): "tlstudio.ml.style:serve",
    ("restyle-serve", "style"): "tlstudio.ml.style.fast:serve",
    ("export", "style"): "tlstudio.ml.export:export",
    ("assist", ANY): "tlstudio.ml.assist:serve",
    ("import-weights", "assist"): "tlstudio.ml.assist:import_weights",
    ("import-weights", ANY): "tlstudio.ml.weights:import_weights",
}


def find_work(kind: str, task: str) -> Work:
    """The function for this job; UserError("training.unknown_job") where there is none."""
    name = TABLE.get((kind, task)) or TABLE.get((kind, ANY))
    if name is None:
        raise UserError("training.unknown_job", kind=kind, task=task)
    module, function = name.split(":")
    work: Work = getattr(import_module(module), function)
    return work
