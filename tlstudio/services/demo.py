"""The sample project of invented cells, and the demo: the whole way from images to a bundle."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import Event, Progressed, Remark
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.domain.runs import Run, RunState
from tlstudio.imaging.synthetic import GROUP_PATTERN, draw_sample
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.evaluation import Evaluation, evaluate
from tlstudio.services.exporting import ExportReport, export_model
from tlstudio.services.models import weights_file
from tlstudio.services.projects import Project, create_project, forget_recent
from tlstudio.services.splitting import split_project
from tlstudio.services.training import TrainRequest, start_training
from tlstudio.storage.home import home

NAME = "Sample cells"
COUNT = 1440
"""Four pictures of each of 360 slides: a third of the slides is then enough for intervals over
groups, which are claimed from 100 groups on."""

VALIDATION, TEST = 0.12, 0.31

PRETRAINED = ("resnet18", "squeezenet1_1", "mobilenet_v2", "shufflenet_v2_x1_0")
SCRATCH = "resnet18"

_FROM_SCRATCH: dict[str, object] = {
    "strategy": "full",
    "augmentation": "light",
    "batch_size": 32,
    "image_size": 64,
    "epochs": 8,
    "patience": 8,
    "time_limit": 1.6,
}
_FINE_TUNED: dict[str, object] = {
    "augmentation": "light",
    "batch_size": 32,
    "image_size": 64,
    "epochs": 8,
    "time_limit": 1.6,
}


@dataclass(frozen=True, slots=True)
class DemoReport:
    """`metrics` and `intervals` are those of the test images, `seconds` by step. `pretrained`
    says whether real weights were there; without them the model learned from scratch."""

    project: Path
    run: str
    model: str
    pretrained: bool
    metrics: dict[str, float | None]
    intervals: dict[str, Any]
    groups: int
    bundle: Path
    parity: dict[str, dict[str, Any]]
    passed: bool
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The keys of `tlstudio demo --json`."""
        return {
            "project": str(self.project),
            "run": self.run,
            "model": self.model,
            "pretrained": self.pretrained,
            "metrics": self.metrics,
            "intervals": self.intervals,
            "groups": self.groups,
            "bundle": str(self.bundle),
            "parity": self.parity,
            "passed": self.passed,
            "seconds": self.seconds,
        }


def make_sample_project(
    folder: Path,
    *,
    count: int = COUNT,
    seed: int = 0,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> Project:
    """A new project with `count` invented cells of four kinds, grouped by slide and split.

    Nothing is left behind where it was called off or failed. Raises UserError: project.exists,
    project.not_empty, project.not_writable; Cancelled.
    """
    project = create_project(folder, name=NAME)
    try:
        with tempfile.TemporaryDirectory(prefix="tlstudio-sample-") as scratch:
            drawn = draw_sample(Path(scratch), count, seed, progress=progress, cancel=cancel)
            options = ImportOptions(format="class-folders", group_from=f"regex:{GROUP_PATTERN}")
            import_source(project, drawn, options, progress, cancel)
        split_project(project, val=VALIDATION, test=TEST, seed=seed)
    except BaseException:
        project.close()
        shutil.rmtree(project.folder, ignore_errors=True)
        forget_recent(project.folder)
        raise
    return project


def run_demo(
    out: Path | None = None,
    on_event: Callable[[Event], None] | None = None,
    *,
    cancel: Cancel | None = None,
    settings: dict[str, object] | None = None,
    count: int = COUNT,
) -> DemoReport:
    """Draw a sample project, train, evaluate, export and check, all below the folder `out`.

    `out` must be missing or empty; None is a new folder of the program's own. Training ends
    within two minutes. `settings` and `count` replace the demo's own. Raises UserError:
    demo.exists, and what the steps raise; Cancelled.
    """
    tell = on_event or (lambda _event: None)
    out = _free_folder() if out is None else Path(out).expanduser().absolute()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError("demo.exists", file=str(out))
    watch = _Watch()

    def progress(step: Step) -> None:
        tell(Progressed(step.stage, step.done, step.total))

    with make_sample_project(
        out / f"{NAME}.tlproj", count=count, progress=progress, cancel=cancel
    ) as project:
        watch.lap("data")
        request, pretrained = _request(settings)
        code = "demo.pretrained" if pretrained else "demo.scratch"
        tell(Remark("info", code, {"model": request.model}))
        run = _train(project, request, tell, cancel)
        watch.lap("training")
        found = evaluate(project, run.id, progress=progress, cancel=cancel)
        watch.lap("evaluation")
        exported = export_model(project, run.id, out / "bundle", progress=progress, cancel=cancel)
        watch.lap("export")
        return _report(project, run, pretrained, found, exported, watch.seconds)


def _request(settings: dict[str, object] | None) -> tuple[TrainRequest, bool]:
    """What to train: a model whose weights are here, else one that learns from scratch."""
    for model in PRETRAINED:
        if weights_file(model) is not None:
            return TrainRequest(model, settings=settings or _FINE_TUNED), True
    return TrainRequest(SCRATCH, weights="none", settings=settings or _FROM_SCRATCH), False


def _train(
    project: Project,
    request: TrainRequest,
    tell: Callable[[Event], None],
    cancel: Cancel | None,
) -> Run:
    """The finished run. The time limit keeps the best model, which is an end like any other."""
    handle = start_training(project, request, tell)
    try:
        while not handle.join(0.1):
            if cancel is not None and cancel.wanted:
                handle.cancel()
    except BaseException:
        handle.cancel()
        handle.join(20)
        raise
    run = handle.wait()
    if run.state is RunState.CANCELLED:
        raise Cancelled
    if run.error:
        params = dict(run.error.get("params") or {})
        file = params.pop("file", None)
        raise UserError(str(run.error["code"]), file=file and str(file), **params)
    if run.state is not RunState.DONE:
        raise UserError("demo.not_trained")
    return run


def _report(
    project: Project,
    run: Run,
    pretrained: bool,
    found: Evaluation,
    exported: ExportReport,
    seconds: dict[str, float],
) -> DemoReport:
    return DemoReport(
        project=project.folder,
        run=run.id,
        model=run.model,
        pretrained=pretrained,
        metrics=found.metrics,
        intervals=found.json["intervals"],
        groups=found.groups,
        bundle=exported.bundle,
        parity=exported.parity,
        passed=exported.passed,
        seconds=seconds,
    )


def _free_folder() -> Path:
    """`demo` among the program's own files, with a number where that exists already."""
    number, folder = 2, home() / "demo"
    while folder.exists():
        folder, number = home() / f"demo-{number}", number + 1
    return folder


class _Watch:
    """Seconds from lap to lap, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.seconds[name] = round(now - self._last, 1)
        self._last = now
