"""Training of a classifier: the snapshot in, the probe, fine-tuning, the best model kept."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import EpochEnded, Started
from tlstudio.domain.runs import Ended, JobSpec
from tlstudio.ml import checkpoint
from tlstudio.ml.classification import guards
from tlstudio.ml.classification.data import LearnSet, read_snapshot, warn_about
from tlstudio.ml.classification.feature_cache import FeatureCache
from tlstudio.ml.classification.features import backbone_hash, extract
from tlstudio.ml.classification.finetune import Course, make_learning
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.classification.keeping import Keeper
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.classification.probe import Sample, fit_probe, put_into
from tlstudio.ml.classification.request import Request
from tlstudio.ml.classification.scoring import METRIC, all_figures, logits_of, score
from tlstudio.ml.classification.sizing import choose_batch, choose_precision
from tlstudio.ml.classification.strategies import (
    class_weights,
    freezes_batch_norm,
    make_plan,
    steps_per_epoch,
)
from tlstudio.ml.devices import Device, choose_device, use_all_cores
from tlstudio.ml.loop import Budget, State, Values, fit
from tlstudio.ml.randomness import derive
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.zoo import Classifier, build, load_backbone, read_weights


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Run a training job; the keys go into result.json.

    Raises Cancelled, and UserError where the data, the weights or the settings cannot be used.
    """
    request = Request.of(job)
    request.spec.check_size(request.image_size)
    device = choose_device(request.recipe.device)
    threads = use_all_cores()
    reporter.emit(Started(os.getpid(), device.name, device.reason, threads))
    if device.fell_back:
        reporter.remark(device.reason)
    learnset = read_snapshot(
        request.snapshot, request.labels, request.project, request.moved, reporter
    )
    transform = Transform.of(request.spec, request.image_size)
    with Gallery(learnset.pictures, transform) as gallery:
        _leave_out(gallery, learnset, reporter)
        warn_about(learnset.only(gallery.usable), reporter)
        return _Run(request, learnset, gallery, device, reporter).go()


def _leave_out(gallery: Gallery, learnset: LearnSet, reporter: Reporter) -> None:
    """Name what cannot be read; UserError("training.no_images") where a label loses all."""
    refused = gallery.open(reporter, stage="training.stage.reading")
    if refused:
        reporter.remark(
            "training.images_left_out",
            count=len(refused),
            total=len(learnset.pictures),
            file=str(refused[0].picture.path),
            reason=refused[0].code,
        )
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
        limit = self.recipe.time_limit
        self.deadline = time.monotonic() + 60 * limit if limit else None
        usable = np.flatnonzero(gallery.usable)
        self.train = np.intersect1d(learnset.of("train"), usable)
        self.val = np.intersect1d(learnset.of("val"), usable)
        self.targets = learnset.targets
        self.weights = class_weights(
            self.targets[self.train], len(learnset.labels), self.recipe.class_weights
        )
        self.val_logits = np.zeros((0, len(learnset.labels)))
        self.model, used = _model(request, len(learnset.labels))
        self.model.to(device.torch).to(memory_format=torch.channels_last)
        self.plan = make_plan(
            self.recipe,
            request.spec,
            self.model,
            pretrained=request.weights.pretrained,
            reporter=reporter,
        )
        self.keeper = Keeper(
            request, self.model, learnset.labels, gallery.transform, used, self._figures
        )
        self.used = used

    def go(self) -> dict[str, Any]:
        saved = self._saved()
        state = State(**saved["state"]) if saved else State()
        if saved:
            self.model.load_state_dict(saved["model"])
        elif self.plan.probe:
            self._probe(state)
        ended = Ended.COMPLETED
        if self.plan.fine_tunes:
            ended = self._fine_tune(state, saved)
        return self._answer(state, ended)

    def _saved(self) -> dict[str, Any] | None:
        """The checkpoint to go on from; refused where the labels are no longer the same."""
        saved = checkpoint.load_last(self.request.folder) if self.request.resume else None
        if saved and saved["labels"] != [label.id for label in self.learnset.labels]:
            raise UserError("training.labels_changed")
        return saved

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
        from lightning_fabric import Fabric

        recipe = self.recipe
        batch = choose_batch(recipe, self.model, self.gallery, self.train, self.device)
        steps = steps_per_epoch(len(self.train), batch, recipe.epochs, recipe.min_steps)
        course = Course(self.train, batch, steps, recipe.epochs)
        precision: Any = (
            saved["precision"]
            if saved
            else choose_precision(recipe, self.model, self.gallery, batch, self.device)
        )
        fabric = Fabric(accelerator=self.device.kind, devices=1, precision=precision)
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
        )
        if saved and saved["optimizer"]:
            learning.optimizer.load_state_dict(saved["optimizer"])
        self.keeper.optimizer, self.keeper.precision = learning.optimizer, precision
        patience = recipe.patience if len(self.val) else None
        budget = Budget(recipe.epochs, steps, patience, self.deadline)
        return fit(
            fabric,
            learning,
            budget,
            state,
            self.keeper,
            self.reporter,
            stage="training.stage.finetune",
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

    def _answer(self, state: State, ended: Ended) -> dict[str, Any]:
        _weights, facts = checkpoint.load_best(self.request.folder)
        guards.after_training(state, self.reporter)
        value = facts["metrics"].get(METRIC)
        best = None
        if value is not None:
            best = {"epoch": facts["epoch"], "metric": METRIC, "value": value}
        return {
            "ended": ended.value,
            "epochs": state.epoch,
            "metrics": facts["metrics"],
            "best": best,
            "device": self.device.name,
            "labels": facts["labels"],
            "weights_used": self.used,
        }


def _model(request: Request, classes: int) -> tuple[Classifier, dict[str, Any]]:
    """The classifier with its starting weights, and what was used of them."""
    torch.manual_seed(derive(request.recipe.seed, "init"))
    model = build(
        request.spec, classes, image_size=request.image_size, dropout=request.recipe.dropout
    )
    weights = request.weights
    used: dict[str, Any] = {"kind": weights.kind, "label": weights.label, "sha256": weights.sha256}
    if not weights.pretrained:
        return model, used
    if weights.path is None:
        raise UserError("training.no_weights", model=request.spec.id)
    file: Path = weights.path
    matched = load_backbone(model, read_weights(file), file=str(file))
    used |= {"keys_matched": matched.keys_matched, "keys_missing": matched.keys_missing}
    return model, used
