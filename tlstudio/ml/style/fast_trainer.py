"""Training of a stylizer: the snapshot's images and one style image in, the best network kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import Ended, JobSpec
from tlstudio.ml.devices import Device
from tlstudio.ml.loop import Budget, State, Values
from tlstudio.ml.randomness import derive, permutation
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.course import Course
from tlstudio.ml.runs.fitting import fit_run
from tlstudio.ml.runs.keeping import Keeper, answer_of, saved_run, state_of
from tlstudio.ml.runs.packing import Packed
from tlstudio.ml.runs.request import Request
from tlstudio.ml.runs.snapshot import LearnSet, Picture, picture_of, read_rows
from tlstudio.ml.runs.starting import begin_training, deadline_of, spending, tell_left_out
from tlstudio.ml.runs.store import Store, checked_hash
from tlstudio.ml.style.fast_data import Loader
from tlstudio.ml.style.fast_examples import show
from tlstudio.ml.style.fast_learning import MEASURED, better, chosen, make_learning, measure
from tlstudio.ml.style.fast_plan import Pace, Plan
from tlstudio.ml.style.fast_restyling import VERSION
from tlstudio.ml.style.fast_teacher import STYLE_SIDE, Teacher, Weights, read_style
from tlstudio.ml.zoo.stylizer import build

METRIC = "val_loss"


@dataclass(frozen=True, slots=True)
class StyleImage:
    """The picture whose look is learned; `label` names it to a person."""

    path: Path
    sha256: str | None
    frame: int
    label: str
    key: str = "style"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> StyleImage:
        return cls(
            Path(given["path"]),
            given.get("sha256"),
            int(given.get("frame") or 0),
            str(given.get("label") or Path(given["path"]).name),
        )


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Run a training job; the keys go into result.json.

    Raises Cancelled, and UserError where the images, the style, the weights or the settings
    cannot be used: training.*, recipe.*, style.random_features, those of reading an image.
    """
    request = Request.of(job)
    plan = Plan.of(request.recipe, request.spec)
    if request.weights.path is None:
        raise UserError("style.random_features", model=request.spec.id)
    device = begin_training(request.recipe.device, reporter)
    learnset = read_images(request, plan, reporter)
    loader = Loader(plan.size, request.window)
    with Store(learnset.pictures, loader.load, lambda packed: packed.nbytes) as store:
        refused = store.open(reporter, stage="training.stage.reading")
        tell_left_out(refused, len(learnset.pictures), reporter)
        style = StyleImage.of(job.params["style"])
        return _Run(request, plan, style, learnset, store, device, reporter).go()


def read_images(request: Request, plan: Plan, reporter: Reporter) -> LearnSet:
    """The snapshot's images of the splits train and val, without annotations.

    Of very many, those of training are as many as the run shows squares, drawn with its seed, and
    a few more than are measured of validation: the others would be read for nothing, which takes
    longer than the run. UserError: training.snapshot_damaged, style.no_images.
    """
    rows: dict[str, list[dict[str, Any]]] = {"train": [], "val": []}
    for row in read_rows(request.snapshot):
        if row.get("split") in rows:
            rows[row["split"]].append(row)
    if not rows["train"]:
        raise UserError("style.no_images")
    most = {"train": plan.epochs * plan.steps * plan.batch, "val": 2 * MEASURED}
    found: list[Picture] = []
    for split, given in rows.items():
        order = permutation(len(given), request.recipe.seed, "images", split)
        some = [given[place] for place in sorted(order[: most[split]].tolist())]
        found += [picture_of(row, request.project, request.moved, set()) for row in some]
    if len(found) < len(rows["train"]) + len(rows["val"]):
        total = len(rows["train"]) + len(rows["val"])
        reporter.remark("style.some_images", level="info", used=len(found), total=total)
    return LearnSet((), {}, tuple(found))


class _Run:
    """One run's state while it goes on: model, data, teacher, and the latest figures."""

    def __init__(
        self,
        request: Request,
        plan: Plan,
        style: StyleImage,
        learnset: LearnSet,
        store: Store[Picture, Packed],
        device: Device,
        reporter: Reporter,
    ) -> None:
        self.request, self.recipe, self.plan, self.style = request, request.recipe, plan, style
        self.store, self.device, self.reporter = store, device, reporter
        self.deadline, self.spent = deadline_of(self.recipe), spending(self.recipe)
        usable = np.flatnonzero(store.usable)
        self.train = np.intersect1d(learnset.of("train"), usable)
        self.val = np.intersect1d(learnset.of("val"), usable)
        if not len(self.train):
            raise UserError("style.no_images")
        if not len(self.val):
            reporter.remark("style.no_validation")
        self.teacher = self._teacher()
        torch.manual_seed(derive(self.recipe.seed, "init"))
        self.model = build(request.spec, self.recipe.width, self.recipe.colour)
        self.model.to(device.torch).to(memory_format=torch.channels_last)
        weights = request.weights
        self.used = {"kind": weights.kind, "label": weights.label, "sha256": weights.sha256}
        self.state = State()
        self.values: Values = {}
        self.keeper = Keeper(
            request, self.model, (), self.used, facts=self._facts, figures=self._figures
        )

    def go(self) -> dict[str, Any]:
        saved = saved_run(self.request, ())
        if saved:
            self.state = state_of(self.request, saved, better)
        ended = self._fit(saved)
        return answer_of(self.request, self.state, ended.value, METRIC, self.device.name, self.used)

    def _teacher(self) -> Teacher:
        """UserErrors of the style image and of the feature network's file."""
        style, request = self.style, self.request
        checked_hash(style)
        side = round(STYLE_SIDE * self.recipe.style_scale * self.plan.size)
        assert request.spec.backbone is not None and request.weights.path is not None
        return Teacher(
            request.spec.backbone,
            request.weights.path,
            read_style(style.path, style.frame, side),
            Weights.of(self.recipe),
            colour=self.recipe.colour,
            device=self.device.torch,
        )

    def _fit(self, saved: dict[str, Any] | None) -> Ended:
        plan = self.plan
        learning = make_learning(
            self.model,
            self.store,
            Course(self.train, plan.batch, plan.steps, plan.epochs),
            Pace(self.model, plan, self.spent),
            self.teacher,
            size=plan.size,
            seed=self.recipe.seed,
            device=self.device.torch,
            evaluate=self._evaluate,
        )
        patience = self.recipe.patience if len(self.val) else None
        return fit_run(
            learning,
            Budget(plan.epochs, plan.steps, patience, self.deadline),
            self.state,
            self.keeper,
            self.reporter,
            device=self.device,
            precision="32-true",
            saved=saved,
            stage="training.stage.style",
        )

    def _evaluate(self) -> Values:
        """Losses on validation images, on training images where there are none, and pictures of
        the same few in the style."""
        on_validation = bool(len(self.val))
        places = self.val if on_validation else self.train
        found = measure(
            self.model,
            self.store,
            chosen(places, MEASURED).tolist(),
            self.teacher,
            size=self.plan.size,
            device=self.device.torch,
            reporter=self.reporter,
        )
        loss = found.pop("loss")
        self.values = {"val_loss": loss, **found} if on_validation else found
        shown = [self.store.pictures[place] for place in places]
        show(self.model, shown, self.request, self.state.epoch + 1, self.device, self.reporter)
        return dict(self.values)

    def _figures(self) -> dict[str, float]:
        return {METRIC: self.values[METRIC]} if METRIC in self.values else {}

    def _facts(self) -> dict[str, Any]:
        return {
            "image_size": self.plan.size,
            "window": self.request.window.to_json(),
            "preprocessing": VERSION,
            "width": self.model.width,
            "colour": self.model.colour,
            "style": {"sha256": self.style.sha256, "label": self.style.label},
        }
