"""Training of a classifier: the snapshot in, the probe, fine-tuning, the best model kept."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import EpochEnded
from tlstudio.domain.runs import Ended, JobSpec
from tlstudio.ml.classification import guards
from tlstudio.ml.classification.data import LearnSet, read_snapshot, warn_about
from tlstudio.ml.classification.feature_cache import FeatureCache
from tlstudio.ml.classification.features import backbone_hash, extract
from tlstudio.ml.classification.finetune import make_learning
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.classification.probe import Sample, fit_probe, put_into
from tlstudio.ml.classification.scoring import METRIC, all_figures, better, logits_of, score
from tlstudio.ml.devices import Device
from tlstudio.ml.loop import Budget, State, Values
from tlstudio.ml.optim import stages_of
from tlstudio.ml.randomness import derive
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.balance import class_weights
from tlstudio.ml.runs.course import Course, auto_batch, steps_per_epoch
from tlstudio.ml.runs.fitting import fit_run
from tlstudio.ml.runs.keeping import Keeper, answer_of, saved_run, state_of
from tlstudio.ml.runs.plan import make_plan
from tlstudio.ml.runs.request import Request
from tlstudio.ml.runs.sizing import choose_batch, choose_precision
from tlstudio.ml.runs.starting import (
    begin_training,
    deadline_of,
    load_start,
    spending,
    tell_left_out,
)
from tlstudio.ml.runs.tuning import freezes_batch_norm
from tlstudio.ml.site_shift import SiteShift, tell_of_site_shift
from tlstudio.ml.zoo import Classifier, build


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Run a training job; the keys go into result.json.

    Raises Cancelled, and UserError where the data, the weights or the settings cannot be used.
    """
    request = Request.of(job)
    request.spec.check_size(request.image_size)
    device = begin_training(request.recipe.device, reporter)
    learnset = read_snapshot(
        request.snapshot, request.labels, request.project, request.moved, reporter
    )
    transform = Transform.of(request.spec, request.image_size, request.recipe.seen_through())
    with Gallery(learnset.pictures, transform) as gallery:
        _leave_out(gallery, learnset, reporter)
        warn_about(learnset.only(gallery.usable), reporter)
        tell_of_site_shift(request.recipe, request.snapshot, reporter)
        return _Run(request, learnset, gallery, device, reporter).go()


def _leave_out(gallery: Gallery, learnset: LearnSet, reporter: Reporter) -> None:
    """Name what cannot be read; UserError("training.no_images") where a label loses all."""
    refused = gallery.open(reporter, stage="training.stage.reading")
    tell_left_out(refused, len(learnset.pictures), reporter)
    kept = learnset.only(gallery.usable)
    if not len(kept.of("train")):
        raise UserError("training.no_images")


class _Run:
    """One run's state while it goes on: model, data, and the latest validation logits."""

    def __init__(
        self,
        request: Request,
        learnset: LearnSet,
        gallery: Gallery,
        device: Device,
        reporter: Reporter,
    ) -> None:
        self.request, self.recipe = request, request.recipe
        self.learnset, self.gallery, self.device = learnset, gallery, device
        self.reporter = reporter
        self.deadline, self.spent = deadline_of(self.recipe), spending(self.recipe)
        usable = np.flatnonzero(gallery.usable)
        self.train = np.intersect1d(learnset.of("train"), usable)
        self.val = np.intersect1d(learnset.of("val"), usable)
        self.targets = learnset.targets
        counts = np.bincount(self.targets[self.train], minlength=len(learnset.labels))
        self.weights = class_weights(counts, self.recipe.class_weights)
        self.val_logits = np.zeros((0, len(learnset.labels)))
        self.model, self.used = _model(request, len(learnset.labels))
        self.model.to(device.torch).to(memory_format=torch.channels_last)
        blocks = [modules for _, modules in self.model.blocks()]
        self.plan = make_plan(
            self.recipe,
            request.spec,
            len(stages_of(blocks, self.model)),
            pretrained=request.weights.pretrained,
            reporter=reporter,
        )
        self.keeper = Keeper(
            request,
            self.model,
            learnset.labels,
            self.used,
            facts=self._facts,
            figures=self._figures,
        )

    def go(self) -> dict[str, Any]:
        saved = saved_run(self.request, self.learnset.labels)
        state = state_of(self.request, saved, better) if saved else State()
        if self.plan.probe and not saved:
            self._probe(state)
        ended = Ended.COMPLETED
        if self.plan.fine_tunes:
            ended = self._fine_tune(state, saved)
        elif SiteShift(self.recipe).active:
            self.reporter.remark("training.look_unused")
        return self._answer(state, ended)

    def _probe(self, state: State) -> None:
        """The linear head on cached features, reported as epoch 0 and kept as the first best."""
        start = time.monotonic()
        cache = None
        if self.request.feature_cache is not None:
            cache = FeatureCache(
                self.request.feature_cache,
                backbone_hash(self.model),
                self.gallery.transform.hash,
            )
        places = np.concatenate([self.train, self.val])
        features = extract(
            self.model,
            self.gallery,
            places,
            cache,
            self.device.torch,
            self.reporter,
            stage="training.stage.features",
        )
        count = len(self.train)
        train = Sample(features[:count], self.targets[self.train])
        val = Sample(features[count:], self.targets[self.val])
        found = fit_probe(
            train, val, len(self.learnset.labels), weights=self.weights, seed=self.recipe.seed
        )
        put_into(self.model.head, found)
        self.val_logits = found.logits(val.features)
        seen = score(found.logits(train.features), train.targets)
        values = {"train_loss": seen["val_loss"], "train_accuracy": seen["accuracy"]}
        values |= score(self.val_logits, val.targets)
        state.best_epoch, state.best, state.values = 0, dict(values), dict(values)
        self.keeper.best(state)
        self.reporter.emit(
            EpochEnded(
                "training.stage.probe",
                0,
                self.recipe.epochs if self.plan.fine_tunes else 0,
                time.monotonic() - start,
                values,
                best=True,
            )
        )
        self.keeper.last(state)
        guards.after_probe(values, self.targets[self.val], self.reporter)

    def _fine_tune(self, state: State, saved: dict[str, Any] | None) -> Ended:
        recipe = self.recipe
        count = len(self.train)
        batch = choose_batch(recipe, self.model, count, auto_batch(count), self.device, self._trial)
        steps = steps_per_epoch(count, batch, recipe.epochs, recipe.min_steps)
        course = Course(self.train, batch, steps, recipe.epochs)
        precision: Any = (
            saved["precision"]
            if saved
            else choose_precision(recipe, self.model, batch, self.device, self._trial)
        )
        learning = make_learning(
            self.model,
            self.gallery,
            self.targets,
            course,
            self.plan,
            recipe,
            weights=self.weights,
            freeze_batch_norm=freezes_batch_norm(
                recipe, pretrained=self.request.weights.pretrained, batch=batch
            ),
            device=self.device.torch,
            evaluate=self._evaluate,
            spent=self.spent,
        )
        patience = recipe.patience if len(self.val) else None
        return fit_run(
            learning,
            Budget(recipe.epochs, steps, patience, self.deadline),
            state,
            self.keeper,
            self.reporter,
            device=self.device,
            precision=precision,
            saved=saved,
        )

    def _evaluate(self) -> Values:
        if not len(self.val):
            return {}
        self.val_logits = logits_of(
            self.model,
            self.gallery,
            self.val,
            self.device.torch,
            self.reporter,
            stage="training.stage.validating",
        )
        return score(self.val_logits, self.targets[self.val])

    def _figures(self) -> dict[str, float]:
        groups = [self.learnset.pictures[p].group or str(p) for p in self.val]
        return all_figures(self.val_logits, self.targets[self.val], groups)

    def _trial(self, images: int, mixed: bool) -> None:
        """Forward and backward on grey pictures, in eval mode so that no average changes."""
        self.model.eval()
        size = self.gallery.transform.size
        pixels = torch.full((images, 3, size, size), 0.5, device=self.device.torch)
        with torch.autocast(self.device.kind, torch.bfloat16, enabled=mixed):
            loss = self.model(pixels).float().square().mean()
        loss.backward()

    def _facts(self) -> dict[str, Any]:
        return {**self.gallery.transform.to_json(), "dropout": self.recipe.dropout}

    def _answer(self, state: State, ended: Ended) -> dict[str, Any]:
        guards.after_training(state, self.reporter)
        return answer_of(self.request, state, ended.value, METRIC, self.device.name, self.used)


def _model(request: Request, classes: int) -> tuple[Classifier, dict[str, Any]]:
    """The classifier with its starting weights, and what was used of them."""
    torch.manual_seed(derive(request.recipe.seed, "init"))
    model = build(
        request.spec, classes, image_size=request.image_size, dropout=request.recipe.dropout
    )
    return model, load_start(model, request)
