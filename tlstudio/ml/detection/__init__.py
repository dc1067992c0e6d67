"""Object detection: boxes learned, found, checked.

The functions are what the worker's table names. Models that ultralytics builds are handed to its
own folder; modules load when they are called.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter

ULTRALYTICS = "tlstudio.ml.ultralytics."


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Train as the job says and keep the best model in its folder."""
    if str(job.params["model"]["builder"]).startswith(ULTRALYTICS):
        from tlstudio.ml.ultralytics.detector import train as run
    else:
        from tlstudio.ml.detection.trainer import train as run
    return run(job, reporter)


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Boxes in the job's images, as JSON lines."""
    from tlstudio.ml.detection import answering

    home = _home_of(Path(job.params["run_folder"]))
    return answering.predict(job, reporter, home.load_kept)


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer requests {id, run_folder, path, frame?} until the parent closes the channel, with
    the line of `predict` without its key, and the model's "names" and "threshold"."""
    from tlstudio.ml.detection import answering
    from tlstudio.ml.runs import serving

    def load(folder: Path, device: Any) -> answering.Finder:
        kept: answering.Finder = _home_of(folder).load_kept(folder, device)
        return kept

    def answer(kept: answering.Finder, request: dict[str, Any]) -> dict[str, Any]:
        return answering.answer_request(kept, request, Path(job.project))

    return serving.serve(job, reporter, load, answer)


def _home_of(folder: Path) -> Any:
    """The module that predicts with the kept model of the run in `folder`;
    UserError("training.no_best")."""
    from tlstudio.ml.checkpoint import BEST_FACTS
    from tlstudio.ml.files import read_json

    try:
        builder = str(read_json(folder / BEST_FACTS)["model"]["builder"])
    except OSError:
        raise UserError("training.no_best", file=str(folder)) from None
    place = "ultralytics" if builder.startswith(ULTRALYTICS) else "detection"
    return import_module(f"tlstudio.ml.{place}.predicting")
