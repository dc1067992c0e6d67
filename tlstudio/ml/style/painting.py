"""The optimisation of one picture, from small to large, seen and stopped on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from tlstudio.domain.runs import Ended
from tlstudio.domain.styling import StyleSettings
from tlstudio.ml.style.colours import with_luminance
from tlstudio.ml.style.losses import Losses, Objective, Weights
from tlstudio.ml.style.optimizers import FIRST_STEP, LBFGS, Adam, Optimizer
from tlstudio.ml.style.perception import FeatureNetwork
from tlstudio.ml.style.scales import Scale, ladder
from tlstudio.ml.style.scene import Scene, View, enlarged

MOST_HISTORY = 200
FIRST_SEEN = 4
"""Steps before the first preview of a picture that begins anew."""
SMALL_STEP = 0.002
"""First step of L-BFGS from a picture that was optimised before; see optimizers.FIRST_STEP."""


class Watch(Protocol):
    """Who follows the work. Called between two evaluations."""

    def breathe(self) -> bool:
        """True: end now with what is there. Raises what calls the work off."""
        ...

    def show(self, now: Now) -> None:
        """How it stands; called often, and `now.picture()` is made only when asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Now:
    """The state of a painting: `picture()` gives [1, 3, h, w] in 0..1 of the present scale."""

    step: int
    steps: int
    seconds: float
    seconds_left: float | None
    losses: Losses
    picture: Callable[[], Tensor]


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture [1, 3, H, W] in 0..1 of the result's size. `steps` counts evaluations of the
    losses, `history` is (seconds, total) of at most MOST_HISTORY pictures on the way; totals of
    different scales do not compare."""

    picture: Tensor
    steps: int
    seconds: float
    losses: Losses
    history: list[tuple[float, float]]
    ended: Ended


class _Enough(Exception):
    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.ended = ended


@dataclass(slots=True)
class _Course:
    """What has been done of the scales."""

    scales: list[Scale]
    begun: float
    limit: float
    done: int = 0
    losses: Losses = field(default_factory=lambda: Losses(0.0, 0.0, 0.0))
    history: list[tuple[float, float]] = field(default_factory=list)

    @property
    def steps(self) -> int:
        return sum(scale.steps for scale in self.scales)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun


class Painting:
    """One styling under way. `network` is the one its settings name, with its layers."""

    def __init__(
        self,
        scene: Scene,
        settings: StyleSettings,
        network: FeatureNetwork,
        device: torch.device,
        *,
        start: Tensor | None = None,
        begun: float | None = None,
    ) -> None:
        """`start` [1, 3, h, w] in 0..1 is a picture to go on from; `begun` the monotonic time
        that seconds count from."""
        self._scene, self._settings, self._network = scene, settings, network
        self._device, self._start = device, start
        started = 0 if start is None else min(max(start.shape[2:]), max(scene.size))
        scales = ladder(*scene.size, settings.steps, started)
        begun = time.monotonic() if begun is None else begun
        self._course = _Course(scales, begun, 60 * settings.time_limit)
        self._view: View | None = None
        self._picture: Tensor | None = None

    def picture(self) -> Tensor | None:
        """As it stands, [1, 3, h, w] in 0..1 at its present scale; None before there is one."""
        if self._picture is None or self._view is None:
            return None
        return self._shown(self._picture, self._view)

    def paint(self, watch: Watch) -> Painted:
        """All scales, or as many as time and `watch` leave. What `watch` raises passes through.
        UserError("styling.diverged")."""
        course, ended = self._course, Ended.COMPLETED
        try:
            for scale in course.scales:
                self._paint(scale, watch)
        except _Enough as enough:
            ended = enough.ended
        final = course.scales[-1]
        picture = self._whole(final)
        return Painted(
            picture, course.done, course.seconds, course.losses, _thinned(course.history), ended
        )

    def _whole(self, final: Scale) -> Tensor:
        """The picture at the result's size, also where it was stopped at a smaller one."""
        assert self._picture is not None and self._view is not None
        if self._picture.shape[2:] == (final.height, final.width):
            return self._shown(self._picture, self._view)
        view = self._scene.at(final)
        return self._shown(self._taken_on(view, final), view)

    def _paint(self, scale: Scale, watch: Watch) -> None:
        if watch.breathe():
            # Nothing to keep yet: what it would begin with is what is there.
            self._begin_if_new(scale)
            raise _Enough(Ended.USER)
        view = self._scene.at(scale)
        self._picture = self._taken_on(view, scale)
        self._view = view
        objective = Objective(
            self._network,
            view.content,
            view.looks,
            Weights.of(self._settings),
            self._settings.layers(),
        )
        optimizer = self._optimizer(self._picture, scale)
        course = self._course
        begun, left = time.monotonic(), scale.steps
        found: dict[float, Losses] = {}

        def evaluate(picture: Tensor) -> tuple[float, Tensor]:
            nonlocal left
            if left <= 0:
                raise _Enough(Ended.COMPLETED)
            self._check(watch)
            losses, gradient = objective(_within(picture, view))
            if view.free is not None:
                gradient = gradient * view.free
            left -= 1
            course.done += 1
            found[losses.total] = losses
            return losses.total, gradient

        while left > 0:
            try:
                better = optimizer.step(evaluate)
            except _Enough as enough:
                self._take(optimizer, found)
                if enough.ended is Ended.COMPLETED:
                    break
                raise
            self._take(optimizer, found)
            if course.done >= FIRST_SEEN or self._start is not None:
                rate = (time.monotonic() - begun) / (scale.steps - left)
                self._show(watch, scale, rate, left)
            if not better:
                course.done += left
                break

    def _take(self, optimizer: Optimizer, found: dict[float, Losses]) -> None:
        """What the optimiser has come to, with its losses among those found on the way."""
        self._picture = optimizer.picture
        if optimizer.loss in found:
            course, losses = self._course, found[optimizer.loss]
            course.losses = losses
            course.history.append((round(course.seconds, 3), losses.total))
        found.clear()

    def _check(self, watch: Watch) -> None:
        course = self._course
        if watch.breathe():
            raise _Enough(Ended.USER)
        if course.limit and course.seconds >= course.limit:
            raise _Enough(Ended.TIME)

    def _show(self, watch: Watch, scale: Scale, rate: float, left: int) -> None:
        course = self._course
        picture, view = self._picture, self._view
        assert picture is not None and view is not None
        place = course.scales.index(scale)
        area = scale.width * scale.height
        ahead = left + sum(s.steps * s.width * s.height / area for s in course.scales[place + 1 :])
        seconds_left = rate * ahead if course.seconds > 1 else None
        if course.limit and seconds_left is not None:
            seconds_left = min(seconds_left, max(0.0, course.limit - course.seconds))
        now = Now(
            course.done,
            course.steps,
            course.seconds,
            seconds_left,
            course.losses,
            lambda: self._shown(picture, view),
        )
        watch.show(now)

    def _begin_if_new(self, scale: Scale) -> None:
        if self._picture is None:
            self._view = self._scene.at(scale)
            self._picture = self._taken_on(self._view, scale)

    def _taken_on(self, view: View, scale: Scale) -> Tensor:
        """What a scale begins with: the picture of the scale before with the content's details
        that only this scale has, else what the settings say."""
        if self._picture is not None and self._view is not None:
            size = scale.width, scale.height
            detail = view.content - enlarged(self._view.content, *size)
            grown = (enlarged(self._picture, *size) + detail).clamp(0, 1)
        elif self._start is not None:
            grown = self._scene.start(self._start, scale)
        elif self._settings.start == "noise":
            generator = torch.Generator().manual_seed(self._settings.seed)
            grown = torch.rand(view.content.shape, generator=generator).to(self._device)
        else:
            grown = view.content
        return grown.contiguous(memory_format=torch.channels_last)

    def _optimizer(self, picture: Tensor, scale: Scale) -> Optimizer:
        if self._settings.optimizer == "adam":
            return Adam(picture, self._settings.learning_rate, scale.steps)
        return LBFGS(picture, FIRST_STEP if self._start is None else SMALL_STEP)

    def _shown(self, picture: Tensor, view: View) -> Tensor:
        """In colour, [1, 3, h, w] in 0..1."""
        made = _within(picture, view)
        return with_luminance(view.colours, made) if made.shape[1] == 1 else made.clamp(0, 1)


def _within(picture: Tensor, view: View) -> Tensor:
    """The content stays where no style belongs."""
    return picture if view.free is None else view.own + view.free * (picture - view.own)


def _thinned(history: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most MOST_HISTORY points, the last among them."""
    step = -(-len(history) // MOST_HISTORY) or 1
    return history[::-1][::step][::-1]
