"""Training of torchvision's detectors: the snapshot in, the best model kept."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import numpy as np
import torch

from tlstudio.domain.anchors import STANDARD, Object, fitted_priors, published_priors
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.domain.outcomes import SURE
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import JobSpec
from tlstudio.metrics.detection import Found
from tlstudio.ml.detection import scoring
from tlstudio.ml.detection.answers import answer_of
from tlstudio.ml.detection.canvas import VERSION, Canvas, choose_canvas
from tlstudio.ml.detection.data import Piece, open_store, pieces_of
from tlstudio.ml.detection.finding import by_picture, find, in_batches
from tlstudio.ml.detection.learning import make_learning
from tlstudio.ml.detection.tiles import merged
from tlstudio.ml.devices import Device
from tlstudio.ml.loop import Budget, State, Values
from tlstudio.ml.randomness import derive
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.course import Course, auto_batch, steps_per_epoch
from tlstudio.ml.runs.examples import Example, chosen_examples, write_examples
from tlstudio.ml.runs.fitting import fit_run
from tlstudio.ml.runs.keeping import Keeper, saved_run, state_of
from tlstudio.ml.runs.keeping import answer_of as answer_of_run
from tlstudio.ml.runs.packing import Packed, unpack
from tlstudio.ml.runs.plan import make_plan
from tlstudio.ml.runs.request import Request
from tlstudio.ml.runs.sizing import choose_batch, choose_precision
from tlstudio.ml.runs.snapshot import LearnSet, warn_about
from tlstudio.ml.runs.starting import (
    begin_training,
    deadline_of,
    read_shapes,
    spending,
    tell_left_out,
)
from tlstudio.ml.runs.store import Places, Store
from tlstudio.ml.runs.tuning import batch_norms, freezes_batch_norm
from tlstudio.ml.site_shift import tell_of_site_shift
from tlstudio.ml.zoo import Detector, Priors, build_detector, load_detector, read_weights

SQUARE = ("ssd", "ssdlite")  # families whose default boxes are shares of a square input
LEAST_BATCH = 2  # where the last map is a single place, one image has no spread to divide by


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Run a training job; the keys go into result.json.

    Raises Cancelled, and UserError where the data, the weights or the settings cannot be used.
    """
    request = Request.of(job)
    recipe = request.recipe
    request.spec.check_size(recipe.image_size)
    device = begin_training(recipe.device, reporter)
    learnset = read_shapes(request, reporter)
    canvas = choose_canvas(
        _sizes(learnset, recipe.tile),
        recipe.image_size,
        request.spec.mean,
        request.spec.std,
        square=request.spec.family in SQUARE,
    )
    pieces = pieces_of(learnset, canvas, tile=recipe.tile, overlap=recipe.overlap)
    with open_store(pieces, canvas, recipe.seen_through()) as store:
        _leave_out(store, learnset, reporter)
        tell_of_site_shift(recipe, request.snapshot, reporter)
        priors = _priors(request, store, learnset)
        return _Run(request, recipe, learnset, store, canvas, priors, device, reporter).go()


def _sizes(learnset: LearnSet, tile: int) -> list[tuple[int, int]]:
    """What is put on the canvas: whole pictures, or tiles, which are square."""
    if tile > 0:
        return [(tile, tile)]
    return [(p.width, p.height) for p in learnset.pictures]


def _leave_out(store: Store[Piece, Packed], learnset: LearnSet, reporter: Reporter) -> None:
    """Name what cannot be read; UserError("training.no_images") where nothing is left."""
    refused = store.open(reporter, stage="training.stage.reading")
    tell_left_out(refused, len(learnset.pictures), reporter)
    usable = np.zeros(len(learnset.pictures), np.bool_)
    for piece, use in zip(store.pictures, store.usable, strict=True):
        usable[piece.picture] |= use
    if not usable[learnset.of("train")].any():
        raise UserError("training.no_images")
    warn_about(learnset, usable, reporter)


def _priors(request: Request, store: Store[Piece, Packed], learnset: LearnSet) -> Priors:
    """Priors for the objects of the training pieces at the size in use, or the published ones;
    of a run that goes on those it has learned with, which another version may fit otherwise."""
    if request.kept is not None:
        return Priors.from_json(request.kept["anchors"])
    if request.recipe.anchors == STANDARD:
        return published_priors(request.spec)
    objects = [
        Object(float(x1 - x0), float(y1 - y0), int(label))
        for piece in store.pictures
        if learnset.pictures[piece.picture].split == "train"
        for (x0, y0, x1, y1), label in zip(piece.boxes, piece.labels, strict=True)
    ]
    return fitted_priors(objects, request.spec, request.image_size)


class _Run:
    """One run's state while it goes on: model, data, and the latest answers on validation."""

    def __init__(
        self,
        request: Request,
        recipe: Recipe,
        learnset: LearnSet,
        store: Store[Piece, Packed],
        canvas: Canvas,
        priors: Priors,
        device: Device,
        reporter: Reporter,
    ) -> None:
        self.request, self.recipe, self.learnset = request, recipe, learnset
        self.store, self.canvas, self.device, self.reporter = store, canvas, device, reporter
        self.deadline, self.spent = deadline_of(recipe), spending(recipe)
        self.train, self.val = (self._places(split) for split in ("train", "val"))
        self.runs = by_picture(store.pictures[int(p)].picture for p in self.val)
        seen = [store.pictures[int(self.val[run[0]])].picture for run in self.runs]
        self.val_pictures = [learnset.pictures[number] for number in seen]
        self.truths = [scoring.truth_of(p, learnset.labels) for p in self.val_pictures]
        scoring.warn_about(self.truths, reporter)
        self.founds: list[Found] = []
        self.threshold = scoring.UNKNOWN
        self.state = State()
        self.model, self.used, self.fresh = _model(request, recipe, len(learnset.labels), priors)
        self.model.to(device.torch).to(memory_format=torch.channels_last)
        self.keeper = Keeper(
            request,
            self.model,
            learnset.labels,
            self.used,
            facts=self._facts,
            figures=self._figures,
        )

    def _places(self, split: str) -> Places:
        """Usable pieces of a split."""
        return np.array(
            [
                at
                for at, piece in enumerate(self.store.pictures)
                if self.store.usable[at] and self.learnset.pictures[piece.picture].split == split
            ],
            np.int64,
        )

    def go(self) -> dict[str, Any]:
        saved = saved_run(self.request, self.learnset.labels)
        if saved:
            self.state = state_of(self.request, saved, scoring.better)
        recipe, count = self.recipe, len(self.train)
        batch = self._batch(count)
        steps = steps_per_epoch(count, batch, recipe.epochs, recipe.min_steps)
        course = Course(self.train, batch, steps, recipe.epochs)
        precision = (
            saved["precision"]
            if saved
            else choose_precision(recipe, self.model, batch, self.device, self._trial)
        )
        blocks = self.model.blocks()
        plan = make_plan(
            recipe,
            self.request.spec,
            len(blocks) + 1,
            pretrained=self.request.weights.pretrained,
            reporter=self.reporter,
            least=1,
        )
        learning = make_learning(
            self.model,
            self.store,
            self.canvas,
            course,
            plan,
            recipe,
            norms=self._norms(batch),
            device=self.device.torch,
            evaluate=self._evaluate,
            spent=self.spent,
        )
        patience = recipe.patience if len(self.val) else None
        budget = Budget(recipe.epochs, steps, patience, self.deadline)
        ended = fit_run(
            learning,
            budget,
            self.state,
            self.keeper,
            self.reporter,
            device=self.device,
            precision=precision,
            saved=saved,
        )
        self._remark()
        return answer_of_run(
            self.request,
            self.state,
            ended.value,
            scoring.METRIC,
            self.device.name,
            self.used,
        )

    def _batch(self, count: int) -> int:
        """At least LEAST_BATCH where batch norms measure averages by it."""
        auto = min(8, auto_batch(count))
        batch = choose_batch(self.recipe, self.model, count, auto, self.device, self._trial)
        still = {id(norm) for norm in self._norms(batch)}
        if any(id(norm) not in still for norm in batch_norms(self.model)):
            return max(LEAST_BATCH, batch)
        return batch

    def _norms(self, batch: int) -> list[torch.nn.Module]:
        """Batch norms whose averages come from the weights and are better than a small batch's;
        of a network without weights those of the backbone."""
        pretrained = self.request.weights.pretrained
        if not freezes_batch_norm(self.recipe, pretrained=pretrained, batch=batch):
            return []
        if self.fresh is None:
            return batch_norms(self.model.backbone)
        return filled_norms(self.model, self.fresh)

    def _trial(self, batch: int, mixed: bool) -> None:
        """Forward and backward on grey images, averages left alone."""
        self.model.train()
        for norm in batch_norms(self.model):
            norm.eval()
        pixels = torch.zeros(batch, 3, *self.canvas.size, device=self.device.torch)
        box = torch.tensor([[8.0, 8.0, 40.0, 40.0]], device=self.device.torch)
        label = torch.zeros(1, dtype=torch.int64, device=self.device.torch)
        targets = [{"boxes": box, "labels": label} for _ in range(batch)]
        with torch.autocast(self.device.kind, torch.bfloat16, enabled=mixed):
            losses = self.model(pixels, targets)
        whole = torch.stack([loss.float() for loss in losses.values()]).sum()
        torch.autograd.backward(whole)

    def _evaluate(self) -> Values:
        if not len(self.val):
            return {}
        self.model.eval()
        found: list[Found] = []
        for batch in in_batches(len(self.val)):
            self.reporter.check()
            pieces = [self.store.pictures[int(self.val[at])] for at in batch]
            units = [unpack(self.store.get(int(self.val[at]))) for at in batch]
            regions = [piece.region for piece in pieces]
            found += find(self.model, self.canvas, units, regions, self.device.torch)
            done = batch.stop
            self.reporter.emit(Progressed("training.stage.validating", done, len(self.val)))
        self.founds = [self._put_together(found, run) for run in self.runs]
        self._show()
        return scoring.score(self.truths, self.founds, len(self.learnset.labels))

    def _put_together(self, found: Sequence[Found], run: list[int]) -> Found:
        regions = [self.store.pictures[int(self.val[at])].region for at in run]
        picture = self.learnset.pictures[self.store.pictures[int(self.val[run[0]])].picture]
        return merged([found[at] for at in run], regions, picture.width, picture.height)

    def _show(self) -> None:
        """Live examples of the epoch that has just ended."""
        chosen = chosen_examples(self.val_pictures, np.arange(len(self.val_pictures)))
        ids = [label.id for label in self.learnset.labels]
        examples = []
        for at in chosen:
            picture = self.val_pictures[int(at)]
            size = picture.width, picture.height
            line = answer_of(self.founds[int(at)], ids, *size, least=SURE)
            examples.append(Example(picture, line))
        write_examples(self.request.folder, self.state.epoch + 1, examples, self.reporter)

    def _facts(self) -> dict[str, Any]:
        """What is needed to build the model and to read its answers."""
        labels = len(self.learnset.labels)
        self.threshold = scoring.threshold_of(
            self.truths if self.founds else [], self.founds, labels
        )
        recipe = self.recipe
        return {
            "image_size": recipe.image_size,
            "canvas": self.canvas.to_json(),
            "mean": list(self.canvas.mean),
            "std": list(self.canvas.std),
            "preprocessing": VERSION,
            "window": recipe.seen_through().to_json(),
            "tile": recipe.tile,
            "overlap": recipe.overlap,
            "anchors": self.model.priors.to_json(),
            "threshold": self.threshold,
        }

    def _figures(self) -> dict[str, float]:
        if not self.founds:
            return {}
        labels = len(self.learnset.labels)
        return scoring.all_figures(self.truths, self.founds, labels, self.threshold)

    def _remark(self) -> None:
        """Say aloud where a model finds nothing at all."""
        known = self.founds and scoring.any_objects(self.truths)
        if known and not self.state.best.get(scoring.METRIC, 0.0) > 0:
            self.reporter.remark("training.finds_nothing")


def _model(
    request: Request, recipe: Recipe, classes: int, priors: Priors
) -> tuple[Detector, dict[str, Any], frozenset[str] | None]:
    """The detector with its starting weights, what was used of them, and the names of the
    tensors that they did not fill; None without weights."""
    torch.manual_seed(derive(recipe.seed, "init"))
    model = build_detector(request.spec, classes, image_size=recipe.image_size, priors=priors)
    weights = request.weights
    used: dict[str, Any] = {"kind": weights.kind, "label": weights.label, "sha256": weights.sha256}
    if not weights.pretrained:
        return model, used | {"layers": [{"part": "model", "source": "random"}]}, None
    if weights.path is None:
        raise UserError("training.no_weights", model=request.spec.id)
    loaded = load_detector(
        model,
        request.spec,
        read_weights(weights.path),
        file=str(weights.path),
        only_backbone=weights.part == "backbone",
    )
    part = "model" if loaded.rest else "backbone"
    return model, used | {"part": part, **loaded.to_json()}, loaded.fresh


def filled_norms(model: Detector, fresh: Container[str]) -> list[torch.nn.Module]:
    """The batch norms whose averages are not among the `fresh` tensors."""
    names = {id(module): name for name, module in model.named_modules()}
    return [norm for norm in batch_norms(model) if f"{names[id(norm)]}.running_mean" not in fresh]
