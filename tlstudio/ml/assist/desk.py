"""The warm worker of assisted outlines: one network, the images seen last, answers by the piece.

Job params: {model: ModelSpec json, weights: file of the store, device}. Requests, one line each:

- {id, do: "wake"}: nothing but that the network is there.
- {id, do: "embed", image: {key, path, frame, width, height}, ahead}: look at an image; kept by
  its key.
- {id, do: "prompt", image, points: [[x, y]], labels: [1 | 0], box: [x, y, w, h] | null,
  previous: {name, choice} | null}: outlines, in pixels of the image.
- {id, do: "cancel", image: {key}}: that embedding is wanted no more.
"""

from __future__ import annotations

import json
import os
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer, Progressed, Started
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.imaging.packed import pack
from tlstudio.ml.assist.inbox import Inbox, Request
from tlstudio.ml.assist.networks import Features, Promptable
from tlstudio.ml.assist.prompts import read_prompt
from tlstudio.ml.assist.view import View, Window, read_square
from tlstudio.ml.assist.weights import load
from tlstudio.ml.devices import choose_device, use_all_cores
from tlstudio.ml.reporter import Reporter

KEPT_IMAGES = 6
KEPT_ANSWERS = 32
LONGEST_ANSWER = 900_000
"""Letters of all masks in an answer; a line of events holds 2^20."""
_ALIKE = 0.98


class Stale(Exception):
    """The embedding under way is wanted no more."""


class GaveWay(Exception):
    """The embedding under way waits again, since something is more urgent."""


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer requests until the parent closes the channel."""
    device = choose_device(job.params.get("device", "auto"))
    reporter.emit(Started(os.getpid(), device.name, device.reason, use_all_cores()))
    spec = ModelSpec.from_json(job.params["model"])
    desk = Desk(load(spec, Path(job.params["weights"]), device.torch), reporter)
    served = desk.run()
    if reporter.orders.cancel.is_set():
        reporter.check()
    return {"device": device.name, "served": served}


class Desk:
    """Requests in, answers out, one at a time but for prompts, which come between the steps of
    an embedding."""

    def __init__(self, network: Promptable, reporter: Reporter) -> None:
        self._network = network
        self._reporter = reporter
        self._inbox = Inbox(reporter.orders, self._refuse, self._misread)
        self._seen: OrderedDict[str, Features] = OrderedDict()
        self._answers: OrderedDict[str, list[Tensor]] = OrderedDict()
        self._steps = network.steps()
        self._served = 0
        for place, step in enumerate(self._steps):
            step.register_forward_pre_hook(lambda _m, _i, place=place: self._breathe(place))

    def run(self) -> int:
        """Serve until the parent is gone; how many requests were served."""
        while (request := self._inbox.next()) is not None:
            self._serve(request)
        return self._served

    def _serve(self, request: Request) -> None:
        start = time.monotonic()
        try:
            result = self._do(request)
        except Stale:
            self._refuse(request)
        except GaveWay:
            self._inbox.put_back(request)
        except UserError as error:
            params = {name: str(value) for name, value in error.params.items()}
            self._fail(request.id, error.code, {"file": error.file, **params})
        except (MemoryError, torch.OutOfMemoryError):
            self._seen.clear()
            self._fail(request.id, "assist.memory", {})
        except (ValueError, KeyError, TypeError):
            self._fail(request.id, "training.bad_request", {})
        else:
            spent = round(1000 * (time.monotonic() - start), 1)
            self._answer(Answer(request.id, {**result, "milliseconds": spent}))

    def _do(self, request: Request) -> dict[str, Any]:
        if request.do == "embed":
            known = request.key in self._seen
            self._embed(request)
            return {"key": request.key, "known": known}
        if request.do == "prompt":
            return self._outline(request, self._embed(request))
        if request.do in ("wake", "cancel"):
            return {}
        raise ValueError(request.do)

    def _embed(self, request: Request) -> Features:
        """What the network sees in the image, looked at now unless it was lately."""
        if request.key in self._seen:
            self._seen.move_to_end(request.key)
            return self._seen[request.key]
        view = View(*request.size)
        with self._under_way(request), torch.inference_mode():
            square = read_square(request.path, view, request.frame).to(self._network.device)
            features = self._network.look(square)
        self._seen[request.key] = features
        while len(self._seen) > KEPT_IMAGES:
            self._seen.popitem(last=False)
        return features

    @contextmanager
    def _under_way(self, request: Request) -> Iterator[None]:
        self._inbox.running, self._inbox.stale = request, False
        try:
            yield
        finally:
            self._inbox.running = None

    def _breathe(self, place: int) -> None:
        """Between two steps of an embedding: hear news, answer what can be answered at once."""
        running = self._inbox.running
        if running is None:
            return
        self._reporter.check()
        self._inbox.pump()
        if self._inbox.stale:
            raise Stale
        while prompt := self._inbox.take_prompt(lambda request: request.key in self._seen):
            self._serve(prompt)
        waited_for = not running.ahead or self._inbox.wanted_now(running.key)
        if not waited_for and self._inbox.urgent:
            raise GaveWay
        if waited_for:
            self._reporter.emit(Progressed("assist.embedding", place, len(self._steps)))

    def _outline(self, request: Request, features: Features) -> dict[str, Any]:
        view = View(*request.size)
        prompt = read_prompt(request.body, view, self._answers, self._network.device)
        with torch.inference_mode():
            logits, scores = self._network.answer(features, prompt)
            order = self._network.order(logits, scores, ambiguous=prompt.ambiguous)
            chosen = _unlike(logits, order)
        self._answers[request.id] = [logits[place] for place in chosen]
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)
        windows = [view.window(logits[place].float().cpu().numpy()) for place in chosen]
        told = [
            _told(window, float(scores[place]))
            for window, place in zip(windows, chosen, strict=True)
        ]
        return {"key": request.key, "name": request.id, "outlines": _short_enough(told)}

    def _answer(self, answer: Answer) -> None:
        self._served += 1
        self._reporter.emit(answer)

    def _fail(self, name: str, code: str, params: dict[str, Any]) -> None:
        self._answer(Answer(name, error={"code": code, "params": params}))

    def _refuse(self, request: Request) -> None:
        self._fail(request.id, "assist.stale", {})

    def _misread(self, line: str) -> None:
        self._fail(_name_in(line), "training.bad_request", {})


def _unlike(logits: Tensor, order: list[int]) -> list[int]:
    """`order` without outlines that one before them says already, and without empty ones."""
    masks = (logits > 0).flatten(1)
    kept: list[int] = []
    for place in order:
        mask = masks[place]
        shared = [int((mask & masks[other]).sum()) for other in kept]
        whole = [int((mask | masks[other]).sum()) for other in kept]
        if bool(mask.any()) and all(s < _ALIKE * w for s, w in zip(shared, whole, strict=True)):
            kept.append(place)
    return kept or order[:1]


def _told(window: Window, confidence: float) -> dict[str, Any]:
    height, width = window.mask.shape
    return {
        "x": window.x,
        "y": window.y,
        "w": width,
        "h": height,
        "bits": pack(window.mask) if width else "",
        "confidence": round(confidence, 4),
    }


def _short_enough(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many outlines, the best first, as a line of events can hold."""
    while len(told) > 1 and sum(len(each["bits"]) for each in told) > LONGEST_ANSWER:
        told = told[:-1]
    if len(told[0]["bits"]) > LONGEST_ANSWER:
        raise UserError("assist.too_ragged")
    return told


def _name_in(line: str) -> str:
    """The id of a request that could not be read; "" where it has none."""
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError):
        return ""
