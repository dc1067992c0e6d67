"""Object detection: boxes learned, found, checked.

The functions are what the worker's table names. Models that ultralytics builds are handed to its
own folder; modules load when they are called.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter

ULTRALYTICS = "tlstudio.ml.ultralytics."


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Train as the job says and keep the best model in its folder."""
    if not str(job.params["model"]["builder"]).startswith(ULTRALYTICS):
        raise UserError("training.unknown_job", kind=job.kind, task=job.task)
    from tlstudio.ml.ultralytics.detector import train as run

    return run(job, reporter)


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Boxes in the job's images, as JSON lines."""
    if not _builder_of(Path(job.params["run_folder"])).startswith(ULTRALYTICS):
        raise UserError("training.unknown_job", kind=job.kind, task=job.task)
    from tlstudio.ml.ultralytics.predicting import predict as run

    return run(job, reporter)


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer requests until the parent closes the channel."""
    from tlstudio.ml.ultralytics.predicting import serve as run

    return run(job, reporter)


def _builder_of(folder: Path) -> str:
    """How the kept model of the run in `folder` is built; UserError("training.no_best")."""
    from tlstudio.ml.checkpoint import BEST_FACTS
    from tlstudio.ml.files import read_json

    try:
        return str(read_json(folder / BEST_FACTS)["model"]["builder"])
    except OSError:
        raise UserError("training.no_best", file=str(folder)) from None
