"""Training of a segmenter: the snapshot in, patches, the best model kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import Ended, JobSpec
from tlstudio.ml.devices import Device
from tlstudio.ml.loop import Budget, State, Values
from tlstudio.ml.optim import stages_of
from tlstudio.ml.randomness import derive
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.balance import class_weights
from tlstudio.ml.runs.course import Course, steps_per_epoch
from tlstudio.ml.runs.examples import write_examples
from tlstudio.ml.runs.fitting import fit_run
from tlstudio.ml.runs.keeping import Keeper, answer_of, saved_run, state_of
from tlstudio.ml.runs.plan import make_plan
from tlstudio.ml.runs.request import Request
from tlstudio.ml.runs.sizing import choose_batch, choose_precision
from tlstudio.ml.runs.snapshot import LearnSet, Picture, warn_about
from tlstudio.ml.runs.starting import (
    begin_training,
    deadline_of,
    load_start,
    read_shapes,
    spending,
    tell_left_out,
)
from tlstudio.ml.runs.store import Places, Store
from tlstudio.ml.runs.tuning import Tuning, batch_norms, freezes_batch_norm
from tlstudio.ml.segmentation.average import Average
from tlstudio.ml.segmentation.data import Loader, Sample, class_places
from tlstudio.ml.segmentation.learning import make_learning
from tlstudio.ml.segmentation.patches import showings
from tlstudio.ml.segmentation.scoring import METRIC, Validation, better, validate
from tlstudio.ml.segmentation.view import View
from tlstudio.ml.site_shift import tell_of_site_shift
from tlstudio.ml.zoo.loading import load_whole
from tlstudio.ml.zoo.segmenter import Segmenter, build_segmenter

LEAST_BATCH = 2  # decoders that look at the whole patch normalise one number a channel


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Run a training job; the keys go into result.json.

    Raises Cancelled, and UserError where the data, the weights or the settings cannot be used.
    """
    request = Request.of(job)
    view = View.of(request.spec, request.recipe)
    request.spec.check_size(view.size)
    device = begin_training(request.recipe.device, reporter)
    learnset = read_shapes(request, reporter)
    loader = Loader(view, class_places(learnset), request.window)
    with Store(learnset.pictures, loader.load, lambda sample: sample.nbytes) as store:
        refused = store.open(reporter, stage="training.stage.reading")
        tell_left_out(refused, len(learnset.pictures), reporter)
        warn_about(learnset, store.usable, reporter)
        tell_of_site_shift(request.recipe, request.snapshot, reporter)
        return _Run(request, view, learnset, store, device, reporter).go()


class _Run:
    """One run's state while it goes on: model, data, and the latest validation."""

    def __init__(
        self,
        request: Request,
        view: View,
        learnset: LearnSet,
        store: Store[Picture, Sample],
        device: Device,
        reporter: Reporter,
    ) -> None:
        self.request, self.recipe, self.view = request, request.recipe, view
        self.learnset, self.store = learnset, store
        self.device, self.reporter = device, reporter
        self.deadline, self.spent = deadline_of(self.recipe), spending(self.recipe)
        usable = np.flatnonzero(store.usable)
        self.train = np.intersect1d(learnset.of("train"), usable)
        self.val = np.intersect1d(learnset.of("val"), usable)
        if not len(self.train):
            raise UserError("training.no_images")
        self.state = State()
        self.validation = Validation()
        self.model, self.used = _model(request, view, len(learnset.labels) + 1)
        self.model.to(device.torch).to(memory_format=torch.channels_last)
        self.average = Average(self.model)
        self.keeper = Keeper(
            request,
            self.model,
            learnset.labels,
            self.used,
            facts=self._facts,
            figures=lambda: self.validation.figures(learnset.labels),
            weights=self.average.weights,
            extra=self.average.to_save,
        )

    def go(self) -> dict[str, Any]:
        saved = saved_run(self.request, self.learnset.labels)
        if saved:
            self.state = state_of(self.request, saved, better)
            self.average.load(saved)
        ended = self._fit(saved)
        if self.validation.found_nothing:
            self.reporter.remark("training.finds_nothing")
        return answer_of(self.request, self.state, ended.value, METRIC, self.device.name, self.used)

    def _fit(self, saved: dict[str, Any] | None) -> Ended:
        recipe = self.recipe
        shown = self._shown()
        batch = max(LEAST_BATCH, self._batch(len(shown)))
        steps = steps_per_epoch(len(shown), batch, recipe.epochs, recipe.min_steps)
        course = Course(shown, batch, steps, recipe.epochs)
        precision = (
            saved["precision"]
            if saved
            else choose_precision(recipe, self.model, batch, self.device, self._trial)
        )
        learning = make_learning(
            self.model,
            self.store,
            self.view,
            course,
            self._tuning(course),
            recipe,
            weights=self._weights(),
            average=self.average,
            device=self.device.torch,
            evaluate=self._evaluate,
        )
        patience = recipe.patience if len(self.val) else None
        return fit_run(
            learning,
            Budget(recipe.epochs, steps, patience, self.deadline),
            self.state,
            self.keeper,
            self.reporter,
            device=self.device,
            precision=precision,
            saved=saved,
        )

    def _batch(self, patches: int) -> int:
        """Patches per step; a recommended number is halved until it fits a graphics card."""
        wanted = self.recipe.batch_size
        advised = self.request.advice.get("batch_size")
        if advised is not None and advised.value == wanted:
            recipe = replace(self.recipe, batch_size=0)
            return choose_batch(recipe, self.model, patches, wanted, self.device, self._trial)
        return choose_batch(self.recipe, self.model, wanted, wanted, self.device, self._trial)

    def _tuning(self, course: Course) -> Tuning:
        blocks = [modules for _, modules in self.model.blocks()]
        stages = stages_of(blocks, self.model)
        pretrained = self.request.weights.pretrained
        plan = make_plan(
            self.recipe,
            self.request.spec,
            len(stages),
            pretrained=pretrained,
            reporter=self.reporter,
            least=1,
        )
        still = freezes_batch_norm(self.recipe, pretrained=pretrained, batch=course.batch)
        return Tuning(
            self.model,
            stages,
            blocks,
            plan,
            norms=batch_norms(self.model.backbone) if still else [],
            device=self.device.torch,
            steps=course.steps,
            epochs=course.epochs,
            frozen_epochs=plan.frozen_epochs(course.epochs),
            spent=self.spent,
        )

    def _shown(self) -> Places:
        """The places of the training images, each as often as an epoch shows it."""
        pictures = self.store.pictures
        often = [
            showings(*self.view.scaled(pictures[p].width, pictures[p].height), self.view.size)
            for p in self.train
        ]
        return np.repeat(self.train, often)

    def _weights(self) -> torch.Tensor:
        """[classes]: ones beside Dice, which is even already; beside its focal part, which is for
        rare labels, these have a little more say, or they are first learned late."""
        classes = len(self.learnset.labels) + 1
        choice = self.recipe.class_weights
        if choice == "auto" and self.recipe.loss.startswith("dice"):
            choice = "tempered" if self.recipe.loss.endswith("focal") else "none"
        if choice == "none":
            return torch.ones(classes)
        pixels = np.zeros(256, np.int64)
        for place in self.train:
            pixels += np.bincount(self.store.get(int(place)).classes.ravel(), minlength=256)
        return torch.from_numpy(class_weights(pixels[:classes], choice)).float()

    def _evaluate(self) -> Values:
        self.average.update()
        if not len(self.val):
            return {}
        with self.average.in_place():
            self.validation = validate(
                self.model,
                self.store,
                self.val,
                self.learnset.labels,
                self.view,
                self.device.torch,
                self.reporter,
            )
        epoch = self.state.epoch + 1
        write_examples(self.request.folder, epoch, self.validation.examples, self.reporter)
        return self.validation.values

    def _trial(self, patches: int, mixed: bool) -> None:
        """Forward and backward on grey patches, in eval mode so that no average changes."""
        self.model.eval()
        size = self.view.size
        pixels = torch.full((patches, 3, size, size), 0.5, device=self.device.torch)
        with torch.autocast(self.device.kind, torch.bfloat16, enabled=mixed):
            loss = self.model(pixels).float().square().mean()
        loss.backward()

    def _facts(self) -> dict[str, Any]:
        return {
            **self.view.to_json(),
            "window": self.request.window.to_json(),
            "flips": self.recipe.flips,
        }


def _model(request: Request, view: View, classes: int) -> tuple[Segmenter, dict[str, Any]]:
    """The segmenter with its starting weights, and what was used of them."""
    torch.manual_seed(derive(request.recipe.seed, "init"))
    model = build_segmenter(request.spec, classes, size=view.size)

    def whole(model: Any, tensors: Any, file: str) -> Any:
        return load_whole(model, tensors, model.published, file=file, name=request.spec.id)

    return model, load_start(model, request, whole)
