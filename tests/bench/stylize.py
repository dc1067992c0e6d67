"""Styling by optimisation against a plain PyTorch implementation, in one run.

    python tests/bench/stylize.py [--size 512] [--threads 2] [--plain-steps 300] [--more 150]
        [--pairs 1] [--pictures DIR] [--out stylize.json]

tubingen.jpg in the look of starry_night.jpg, with SqueezeNet. The plain implementation is the usual
recipe: torch.optim.LBFGS at full size from the content image, the picture clamped before each
evaluation, the same layers and weights, the same content to compare with. The losses of both are
measured by one function at full size, outside of the time that counts. Ours, on its way through
small scales, is measured enlarged to full size; after its result it goes on from there for --more
steps, so that the time to a loss that the plain one comes to later can be told as well.

Both run in turn, a stretch of steps each, so that what else the machine does falls on both. Wall
and processor seconds are told; on a shared machine the latter say more.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import checkout  # noqa: F401 - the path to the program
import sets
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision import models

from tlstudio.domain.styling import StyleSettings, StyleSource, Styling
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.style.losses import Losses, Objective, Weights
from tlstudio.ml.style.optimising import Previewing, to_pixels
from tlstudio.ml.style.painting import Now, Painting
from tlstudio.ml.style.perception import MEAN, STD, FeatureNetwork
from tlstudio.ml.style.scales import Scale
from tlstudio.ml.style.scene import Reader, Scene, View, enlarged
from tlstudio.ml.zoo.reading import read_weights

WEIGHTS = "weights/squeezenet1_1_imagenet_features.safetensors"
PLACES = {"relu1": 1, "fire2": 3, "fire3": 4, "fire5": 7, "fire7": 10}


class Turns:
    """Two workers in threads of their own of which one runs at a time; each keeps its clocks."""

    def __init__(self, names: list[str]) -> None:
        self._names, self._turn, self._done = names, names[0], set[str]()
        self._change = threading.Condition()
        self.clocks = {name: Clock() for name in names}

    def give(self, name: str, *, done: bool = False) -> None:
        """End a stretch of work; comes back when it is `name`'s turn again."""
        with self._change:
            if done:
                self._done.add(name)
            others = [each for each in self._names if each != name and each not in self._done]
            if others:
                self._turn = others[0]
                self._change.notify_all()
            if not done:
                self._change.wait_for(lambda: self._turn == name or not others)

    def wait(self, name: str) -> None:
        with self._change:
            self._change.wait_for(lambda: self._turn == name)


class Clock:
    """Wall and processor seconds of the stretches that count."""

    def __init__(self) -> None:
        self.wall = self.processor = 0.0
        self._begun: tuple[float, float] | None = None

    def start(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def pause(self) -> None:
        assert self._begun is not None
        self.wall += time.perf_counter() - self._begun[0]
        self.processor += time.process_time() - self._begun[1]
        self._begun = None

    def to_json(self) -> dict[str, float]:
        return {"wall": round(self.wall, 3), "processor": round(self.processor, 3)}


class Plain:
    """The textbook: every module kept, Gram matrices by one product, autograd for all."""

    def __init__(self, view: View, settings: StyleSettings, file: Path) -> None:
        whole = models.squeezenet1_1(weights=None).features
        tensors = {k.removeprefix("features."): v for k, v in read_weights(file).items()}
        whole.load_state_dict(tensors)
        self._net = whole.eval().requires_grad_(False)
        self._mean, self._std = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, STD))
        self._weights = Weights.of(settings)
        self._content_layers, self._style_layers = settings.layers()
        with torch.no_grad():
            kept = self._features(view.content.contiguous())
            look = self._features(view.looks[0].pictures[0].contiguous())
        self._content = {n: kept[n] for n in self._content_layers}
        self._grams = {n: self._gram(look[n]) for n in self._style_layers}

    def _features(self, x: Tensor) -> dict[str, Tensor]:
        found = {}
        x = (x - self._mean) / self._std
        for place, layer in enumerate(self._net):
            # As the tutorials do, so that what is kept is not written over.
            x = nn.functional.relu(x) if isinstance(layer, nn.ReLU) else layer(x)
            found |= {name: x for name, at in PLACES.items() if at == place}
            if place == max(PLACES.values()):
                break
        return found

    @staticmethod
    def _gram(x: Tensor) -> Tensor:
        rows = x.reshape(x.shape[1], -1)
        return torch.mm(rows, rows.t()) / rows.shape[1]

    def loss(self, x: Tensor) -> Tensor:
        found, w = self._features(x), self._weights
        total = w.smooth * (x.diff(dim=2).square().mean() + x.diff(dim=3).square().mean())
        for name, kept in self._content.items():
            gap = nn.functional.mse_loss(found[name], kept) / kept.square().mean()
            total = total + w.content / len(self._content) * gap
        for name, gram in self._grams.items():
            gap = (self._gram(found[name]) - gram).square().sum() / gram.square().sum()
            total = total + w.style / len(self._grams) * gap
        return total

    def run(self, start: Tensor, steps: int, each: Callable[[int, Tensor], None]) -> Tensor:
        picture = start.contiguous().clone().requires_grad_(True)
        optimizer, done = torch.optim.LBFGS([picture]), 0

        def closure() -> Tensor:
            nonlocal done
            with torch.no_grad():
                picture.clamp_(0, 1)
            optimizer.zero_grad()
            loss = self.loss(picture)
            loss.backward()
            done += 1
            each(done, picture.detach())
            return loss

        while done < steps:
            optimizer.step(closure)
        return picture.detach().clamp(0, 1)


class Watch:
    """Follows ours: measures from time to time, and notes when the first preview was written."""

    def __init__(self, folder: Path, clock: Clock, measure: Callable[[int, Tensor], None]) -> None:
        self._previews = Previewing(Reporter(), folder)
        self._clock, self._measure = clock, measure
        self.first: dict[str, float] | None = None
        self.before = 0

    def breathe(self) -> bool:
        return False

    def show(self, now: Now) -> None:
        if not self.before:
            self._previews.show(now)
        if self.first is None and self._previews.made:
            self._clock.pause()
            self.first = self._clock.to_json()
            self._clock.start()
        self._measure(self.before + now.step, now.picture())


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    pairs = []
    for number in range(options.pairs):
        pairs.append(pair(options, first="ours" if number % 2 == 0 else "plain"))
        print(json.dumps(pairs[-1]["summary"]), file=sys.stderr, flush=True)
    told = {
        "size": options.size,
        "threads": options.threads,
        "plain_steps": options.plain_steps,
        "median": _medians([each["summary"] for each in pairs]),
        "pairs": pairs,
        "machine": sets.machine(),
        "torch": torch.__version__,
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
    }
    options.out.write_text(json.dumps(told, indent=1), "utf-8")
    print(json.dumps({key: value for key, value in told.items() if key != "pairs"}))


def pair(options: argparse.Namespace, first: str) -> dict[str, Any]:
    """Both, in turn; curves are [steps, wall, processor, loss at full size]."""
    data, file = sets.shared() / "data" / "style", sets.shared() / WEIGHTS
    settings = StyleSettings.read({"size": options.size, "device": "cpu"})
    source = StyleSource(str(data / "starry_night.jpg"))
    styling = Styling(str(data / "tubingen.jpg"), 0, (source,), settings)
    layers = settings.layers()
    judge_scene = Scene(styling, Reader(), torch.device("cpu"))
    width, height = judge_scene.size
    view = judge_scene.at(Scale(width, height, 1, 1.0))
    judge_net = FeatureNetwork.load(settings.network, file, layers=sum(layers, ()))
    judge = Objective(judge_net, view.content, view.looks, Weights.of(settings), layers)

    def judged(picture: Tensor) -> Losses:
        return judge.losses(enlarged(picture, width, height).clamp(0, 1))

    turns = Turns([first, "plain" if first == "ours" else "ours"])
    curves: dict[str, list[list[float]]] = {"ours": [], "plain": []}
    ended: dict[str, Tensor] = {}
    seen: dict[str, Any] = {}

    def stretch(name: str, every: int) -> Callable[[int, Tensor], None]:
        last = [-every]

        def measure(steps: int, picture: Tensor) -> None:
            if steps - last[0] < every:
                return
            clock, last[0] = turns.clocks[name], steps
            clock.pause()
            times = clock.to_json()
            point = [steps, times["wall"], times["processor"], round(judged(picture).total, 5)]
            curves[name].append(point)
            turns.give(name)
            clock.start()

        return measure

    def ours() -> None:
        turns.wait("ours")
        clock = turns.clocks["ours"]
        clock.start()
        scene = Scene(styling, Reader(), torch.device("cpu"))
        network = FeatureNetwork.load(settings.network, file, layers=sum(layers, ()))
        painting = Painting(scene, settings, network, torch.device("cpu"))
        with tempfile.TemporaryDirectory() as folder:
            watch = Watch(Path(folder), clock, stretch("ours", options.every))
            made = painting.paint(watch)
        clock.pause()
        _finish("ours", made.picture, made.steps)
        seen["first"], seen["result"] = watch.first, curves["ours"][-1]
        if options.more:
            clock.start()
            watch.before = made.steps
            longer = replace(settings, steps=options.more)
            on = Painting(scene, longer, network, torch.device("cpu"), start=made.picture)
            more = on.paint(watch)
            clock.pause()
            _finish("ours", more.picture, made.steps + more.steps)
            ended["ours"] = made.picture
        turns.give("ours", done=True)

    def plain() -> None:
        turns.wait("plain")
        clock = turns.clocks["plain"]
        clock.start()
        scene = Scene(styling, Reader(), torch.device("cpu")).at(Scale(width, height, 1, 1.0))
        recipe = Plain(scene, settings, file)
        made = recipe.run(scene.own, options.plain_steps, stretch("plain", options.every))
        clock.pause()
        _finish("plain", made, options.plain_steps)
        turns.give("plain", done=True)

    def _finish(name: str, picture: Tensor, steps: int) -> None:
        times = turns.clocks[name].to_json()
        loss = round(judged(picture).total, 5)
        curves[name].append([steps, times["wall"], times["processor"], loss])
        ended[name] = picture

    threads = [threading.Thread(target=work) for work in (ours, plain)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if options.pictures is not None:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for name, picture in ended.items():
            Image.fromarray(to_pixels(picture)).save(options.pictures / f"{name}.png")
    return {"summary": _summary(curves, seen["first"], seen["result"]), "curves": curves}


def _summary(
    curves: dict[str, list[list[float]]], first: dict[str, float] | None, result: list[float]
) -> dict[str, Any]:
    """When ours was first as good as the plain one at its end, and when the plain one was first as
    good as our result; None: never. `sooner` are the ratios of processor seconds."""
    plain = curves["plain"]
    mine, theirs = _reached(curves["ours"], plain[-1][3]), _reached(plain, result[3])
    return {
        "first_preview": first,
        "result": _times(result),
        "plain_result": _times(plain[-1]),
        "loss": {"start": plain[0][3], "result": result[3], "plain_result": plain[-1][3]},
        "ours_as_good_as_plain_result": mine,
        "plain_as_good_as_our_result": theirs,
        "sooner_to_plain_result": None if mine is None else plain[-1][2] / mine["processor"],
        "sooner_to_our_result": None if theirs is None else theirs["processor"] / result[2],
    }


def _reached(curve: list[list[float]], loss: float) -> dict[str, float] | None:
    return next((_times(point) for point in curve if point[3] <= loss), None)


def _times(point: list[float]) -> dict[str, float]:
    return {"steps": point[0], "wall": point[1], "processor": point[2]}


def _medians(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of every number that all rows have."""
    found: dict[str, Any] = {}
    for name, value in rows[0].items():
        values = [row[name] for row in rows]
        if all(isinstance(each, dict) for each in values):
            found[name] = _medians(values)
        elif all(isinstance(each, int | float) for each in values):
            found[name] = statistics.median(values)
        else:
            found[name] = value if all(each is None for each in values) else None
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--plain-steps", type=int, default=300)
    parser.add_argument("--more", type=int, default=150, help="steps of ours after its result")
    parser.add_argument("--every", type=int, default=10, help="steps between two measurements")
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--pictures", type=Path, help="where both results are written as PNG")
    parser.add_argument("--out", type=Path, default=Path("stylize.json"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
