"""Training of a YOLO detector: the snapshot in, the library's lessons, the best model kept."""

from __future__ import annotations

import shutil
import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import EpochEnded, Progressed
from tlstudio.domain.outcomes import SURE
from tlstudio.domain.runs import Ended, JobSpec
from tlstudio.metrics.detection import Found, Truth
from tlstudio.ml.detection import scoring
from tlstudio.ml.detection.answers import answer_of as answer_line
from tlstudio.ml.detection.scoring import truth_of
from tlstudio.ml.devices import Device
from tlstudio.ml.loop import State, Values
from tlstudio.ml.optim import Pull
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.examples import Example, chosen_examples, write_examples
from tlstudio.ml.runs.keeping import Keeper, answer_of, saved_run, state_of
from tlstudio.ml.runs.request import Request
from tlstudio.ml.runs.snapshot import LearnSet, warn_about
from tlstudio.ml.runs.starting import (
    begin_training,
    deadline_of,
    read_shapes,
    spending,
    tell_left_out,
)
from tlstudio.ml.runs.store import Store
from tlstudio.ml.site_shift import SiteShift, tell_of_site_shift
from tlstudio.ml.ultralytics.lessons import Lessons, Material
from tlstudio.ml.ultralytics.letterbox import VERSION, Pixels
from tlstudio.ml.ultralytics.network import backbone_depth
from tlstudio.ml.ultralytics.pictures import (
    Piece,
    hidden_of,
    pieces_of,
    rows_of,
    store_of,
    together,
)
from tlstudio.ml.ultralytics.setting import gathered_of, overrides, rounds_of
from tlstudio.ml.ultralytics.starting import start
from tlstudio.ml.ultralytics.strategies import (
    course_of,
    filled_norms,
    pull_to_start,
    spread_rates,
)
from tlstudio.ml.ultralytics.suppression import FLOOR, MOST, OVERLAP

STAGE = "training.stage.finetune"


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Run a training job; the keys go into result.json.

    Raises Cancelled, and UserError where the data, the weights or the settings cannot be used.
    """
    request = Request.of(job)
    request.spec.check_size(request.image_size)
    device = begin_training(request.recipe.device, reporter)
    if request.bit_depth > 8:
        name, bits = request.spec.name, request.bit_depth
        reporter.remark("training.eight_bits", level="info", model=name, bits=bits)
    learnset = read_shapes(request, reporter)
    window = request.recipe.seen_through()
    pieces = pieces_of(learnset.pictures, request.recipe.tile, request.recipe.overlap)
    with store_of(pieces, request.image_size, window) as store:
        usable = _open(store, learnset, reporter)
        warn_about(learnset, usable, reporter)
        tell_of_site_shift(request.recipe, request.snapshot, reporter)
        run = _Run(request, learnset, store, usable, device, reporter)
        try:
            return run.go()
        finally:
            shutil.rmtree(run.scratch, ignore_errors=True)


def _open(store: Store[Piece, Pixels], learnset: LearnSet, reporter: Reporter) -> NDArray[np.bool_]:
    """Which pictures can be used, all of their pieces; the others are named."""
    refused = store.open(reporter, stage="training.stage.reading")
    tell_left_out(refused, len(learnset.pictures), reporter)
    usable = np.ones(len(learnset.pictures), np.bool_)
    usable[[store.pictures[place].picture for place in np.flatnonzero(~store.usable)]] = False
    return usable


class _Run:
    """One run while it goes on; the library's trainer tells it of each step (lessons.Hooks)."""

    def __init__(
        self,
        request: Request,
        learnset: LearnSet,
        store: Store[Piece, Pixels],
        usable: NDArray[np.bool_],
        device: Device,
        reporter: Reporter,
    ) -> None:
        self.request, self.recipe, self.reporter = request, request.recipe, reporter
        self.learnset, self.store, self.device = learnset, store, device
        self.scratch = request.folder / "ultralytics"
        self.deadline, self.spent = deadline_of(self.recipe), spending(self.recipe)
        self.pieces = store.pictures
        train, val = (np.flatnonzero(usable & _is(split, learnset)) for split in ("train", "val"))
        if not len(train):
            raise UserError("training.no_images")
        self.train, self.val = (self._pieces_of(places) for places in (train, val))
        self.truths = [truth_of(picture, learnset.labels) for picture in learnset.pictures]
        scoring.warn_about([self.truths[place] for place in val], reporter)
        self.shown = chosen_examples(learnset.pictures, val)
        self.epochs = self.recipe.epochs
        self.batch = min(self.recipe.batch_size, len(self.train))
        self.rounds = rounds_of(len(self.train), self.batch, self.epochs, self.recipe.min_steps)
        self.gathered = self.batch if self.deadline else self._gathered_in(self.epochs)
        self.network, self.used, self.filled = start(request, len(learnset.labels))
        self.depth = backbone_depth(self.network)
        self.course = course_of(
            self.recipe,
            self.depth,
            self.epochs,
            pretrained=request.weights.pretrained,
            batch=self.batch,
            reporter=reporter,
        )
        self.state, self.ended = State(), Ended.COMPLETED
        self.pull: Pull | None = None
        self.broken_off = False
        self.found: dict[int, Found] = {}
        self.began = self.epoch_began = time.monotonic()
        self.first = self.seen = 0
        self.figures: dict[str, float] = {}
        self.threshold = scoring.UNKNOWN

    def _pieces_of(self, pictures: NDArray[np.intp]) -> list[int]:
        chosen = set(pictures.tolist())
        return [place for place, piece in enumerate(self.pieces) if piece.picture in chosen]

    def go(self) -> dict[str, Any]:
        self.saved = saved_run(self.request, self.learnset.labels)
        if self.saved:
            self.state = state_of(self.request, self.saved, scoring.better)
        if self.state.epoch < self.epochs and not self._gives_up:
            self._learn()
        elif self.state.epoch < self.epochs:
            self.ended = Ended.EARLY
        return answer_of(
            self.request, self.state, self.ended.value, scoring.METRIC, self.device.name, self.used
        )

    @property
    def _gives_up(self) -> bool:
        return bool(self.val) and self.state.gives_up(self.recipe.patience, self.epochs)

    def _learn(self) -> None:
        table = overrides(
            self.recipe,
            self.request.spec.id,
            self.device,
            self.scratch,
            epochs=self.epochs,
            side=self.request.image_size,
            batch=self.batch,
            gathered=self.gathered,
            augmentation=self.recipe.augmentation,
        )
        self.lessons = Lessons(table, self.network, self._material(), self)
        self.keeper = Keeper(
            self.request,
            self.network,
            self.learnset.labels,
            self.used,
            facts=self._facts,
            figures=lambda: self.figures,
            weights=lambda: self.lessons.ema.ema.state_dict(),
            extra=self._extra,
        )
        self.lessons.train()

    def _material(self) -> Material:
        return Material(
            self.store.get,
            lambda place: self.pieces[place].size,
            lambda place: rows_of(self.truths[self.pieces[place].picture], self.pieces[place]),
            lambda place: hidden_of(self.truths[self.pieces[place].picture], self.pieces[place]),
            self.train * self.rounds,
            self.val,
            self.learnset.labels,
            SiteShift(self.recipe),
        )

    # hooks of the library's trainer

    def prepare(self, lessons: Lessons, optimizer: torch.optim.Optimizer) -> None:
        if self.course.still_norms:
            lessons.still_norms = filled_norms(self.network, self.filled)
        if isinstance(optimizer, torch.optim.AdamW) and self.device.kind == "cpu":
            for group in optimizer.param_groups:
                group["fused"] = True  # the library asks for it on graphics cards only
        spread_rates(self.network, optimizer, self.depth, self.course.decay)
        if self.course.l2_sp:
            self.pull = pull_to_start(
                self.network, optimizer, self.depth, self.course.l2_sp, gathered=self.gathered
            )

    def resume(self, lessons: Lessons) -> None:
        self.keeper.optimizer = lessons.optimizer
        if self.saved:
            lessons.restore(self.saved)
        self.first = lessons.start_epoch = self.state.epoch
        self.began = time.monotonic()
        lessons.frozen = self.course.layers_at_rest(self.state.epoch + 1, self.spent())

    def epoch_begins(self, lessons: Lessons) -> None:
        self.epoch_began, self.seen = time.monotonic(), 0
        at_rest = self.course.layers_at_rest(lessons.epoch + 1, self.spent())
        if at_rest != lessons.frozen:
            lessons.freeze(at_rest)

    def before_step(self) -> None:
        if self.pull is not None:
            self.pull.apply()

    def step_done(self, lessons: Lessons) -> None:
        self.reporter.check()
        steps, done = len(lessons.train_loader), lessons.number + 1
        total = lessons.epochs * steps
        left = self._seconds_left(done - self.first * steps, total - done)
        self.reporter.emit(Progressed(STAGE, done, total, lessons.epoch + 1, lessons.epochs, left))
        if self.reporter.stop_wanted:
            self.ended, self.broken_off = Ended.USER, True
        elif self.deadline is not None and time.monotonic() >= self.deadline:
            self.ended, self.broken_off = Ended.TIME, True
        lessons.stop |= self.broken_off

    def looked_at(self, images: int) -> None:
        self.reporter.check()
        self.seen += images
        self.reporter.emit(Progressed("training.stage.validating", self.seen, len(self.val)))

    def epoch_done(self, lessons: Lessons, losses: Values, found: dict[int, Found]) -> None:
        epoch = lessons.epoch + 1
        if not all(np.isfinite(value) for value in losses.values()):
            self._diverged(lessons, epoch)
            return
        self.found = together(self.pieces, found, self.learnset.pictures)
        values = self._values(losses)
        self._judge(lessons, values, epoch)
        seconds = time.monotonic() - self.epoch_began
        is_best = self.state.is_best(epoch)
        self.reporter.emit(EpochEnded(STAGE, epoch, lessons.epochs, seconds, values, is_best))
        self._show(epoch)
        if self.broken_off:
            return
        self.state.epoch = epoch
        self.keeper.last(self.state)
        self._plan_on(lessons, epoch)

    def _diverged(self, lessons: Lessons, epoch: int) -> None:
        if self.state.best_epoch is None:
            raise UserError("training.diverged", epoch=epoch)
        self.reporter.remark("training.diverged", epoch=epoch)
        self.ended, lessons.stop = Ended.EARLY, True

    def _values(self, losses: Values) -> Values:
        sums = {
            f"{split}_loss": sum(v for name, v in losses.items() if name.startswith(split))
            for split in ("train", "val")
            if any(name.startswith(split) for name in losses)
        }
        if not self.found:
            return sums
        return sums | scoring.score(*self._seen(), len(self.learnset.labels))

    def _seen(self) -> tuple[list[Truth], list[Found]]:
        """Truth and finding of the validation images."""
        return [self.truths[place] for place in self.found], list(self.found.values())

    def _judge(self, lessons: Lessons, values: Values, epoch: int) -> None:
        """Keep the model where it is the best so far; as loop.fit does."""
        state = self.state
        state.values = dict(values)
        unjudged = scoring.METRIC not in values
        state.count(
            scoring.better,
            judged=not unjudged,
            settling=lessons.warming or lessons.frozen != self.course.frozen,
            fruitless=scoring.fruitless(values),
        )
        if state.best_epoch is None or unjudged or scoring.better(values, state.best):
            state.best_epoch, state.best = epoch, dict(values)
            self._measure()
            self.keeper.best(state)

    def _measure(self) -> None:
        """The threshold found on the validation images, and their figures at it."""
        labels = len(self.learnset.labels)
        self.threshold = scoring.threshold_of(*self._seen(), labels)
        self.figures = scoring.all_figures(*self._seen(), labels, self.threshold)

    def _show(self, epoch: int) -> None:
        if not self.found:
            return
        ids = [label.id for label in self.learnset.labels]
        pictures = [(place, self.learnset.pictures[place]) for place in self.shown.tolist()]
        shown = [
            Example(
                picture,
                answer_line(self.found[place], ids, picture.width, picture.height, least=SURE),
            )
            for place, picture in pictures
        ]
        write_examples(self.request.folder, epoch, shown, self.reporter)

    def _plan_on(self, lessons: Lessons, epoch: int) -> None:
        """Whether and how long to go on: patience, and the epochs that the time limit has room
        for, to which the schedule of the rates is fitted."""
        if self._gives_up and epoch < lessons.epochs:
            self.ended, lessons.stop = Ended.EARLY, True
        if lessons.epochs <= epoch < self.epochs:
            self.ended = Ended.TIME
        if self.deadline is None or lessons.stop or epoch >= lessons.epochs:
            return
        now = time.monotonic()
        room = max(0.0, self.deadline - now) / ((now - self.began) / (epoch - self.first))
        lessons.plan_epochs(min(self.epochs, epoch + round(room)))
        self._gather(lessons)
        if lessons.epochs <= epoch < self.epochs:
            self.ended, lessons.stop = Ended.TIME, True

    def _gathered_in(self, epochs: int) -> int:
        return gathered_of(self.rounds * len(self.train), self.batch, epochs)

    def _gather(self, lessons: Lessons) -> None:
        """Images of a step, now that the number of epochs is known better."""
        gathered = self._gathered_in(lessons.epochs)
        lessons.gather(gathered)
        if self.pull is not None:
            self.pull.strength = self.course.l2_sp * gathered

    def _seconds_left(self, done: int, left: int) -> float | None:
        spent = time.monotonic() - self.began
        if done < 10 and spent < 2:
            return None
        seconds = spent / done * left
        if self.deadline is not None:
            seconds = min(seconds, max(0.0, self.deadline - time.monotonic()))
        return round(seconds, 1)

    def _facts(self) -> dict[str, Any]:
        spec = self.request.spec
        return {
            "image_size": self.request.image_size,
            "mean": list(spec.mean),
            "std": list(spec.std),
            "preprocessing": VERSION,
            "window": self.recipe.seen_through().to_json(),
            "threshold": self.threshold,
            "tile": self.recipe.tile,
            "overlap": self.recipe.overlap,
            "suppression": {"floor": FLOOR, "overlap": OVERLAP, "most": MOST},
        }

    def _extra(self) -> dict[str, Any]:
        return self.lessons.state()


def _is(split: str, learnset: LearnSet) -> NDArray[np.bool_]:
    return np.array([picture.split == split for picture in learnset.pictures])
