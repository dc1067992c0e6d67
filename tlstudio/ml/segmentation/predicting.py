"""Regions found by a kept segmenter: for many images into a file, or one by one for a warm
worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.windows import Window
from tlstudio.imaging.unit import Seen, read_seen
from tlstudio.ml.checkpoint import BEST_WEIGHTS, load_best
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs import serving
from tlstudio.ml.runs.lines import write_lines
from tlstudio.ml.runs.packing import pack
from tlstudio.ml.runs.starting import begin
from tlstudio.ml.runs.store import Refused, checked_hash
from tlstudio.ml.segmentation.answers import Painted, answer_of, painted
from tlstudio.ml.segmentation.view import View, filled
from tlstudio.ml.segmentation.windows import Watch, asking, probabilities
from tlstudio.ml.zoo.segmenter import Segmenter, build_segmenter


@dataclass(frozen=True, slots=True)
class Kept:
    """A run's best segmenter, ready in eval mode; `labels` in the order of its classes from 1."""

    model: Segmenter
    spec: ModelSpec
    labels: list[dict[str, Any]]
    view: View
    window: Window
    flips: bool
    device: Device

    def bands(self, path: Path, frame: int) -> Iterator[torch.Tensor]:
        """Probabilities [C, rows, W] of an image from its top down, the background first.
        UserError, at once, where it cannot be read."""
        return self._bands(read_seen(path, frame=frame, window=self.window))

    def paint(self, path: Path, frame: int, watch: Watch = lambda: None) -> Painted:
        """The most probable class of each pixel; UserError where the image cannot be read."""
        seen = read_seen(path, frame=frame, window=self.window)
        return painted(self._bands(seen, watch), (seen.shape[0], seen.shape[1]))

    def answer(self, path: Path, frame: int, watch: Watch = lambda: None) -> dict[str, Any]:
        """{width, height, regions}; see `answers.answer_of`."""
        found = self.paint(path, frame, watch)
        return answer_of(found, [int(label["id"]) for label in self.labels])

    def _bands(self, seen: Seen, watch: Watch = lambda: None) -> Iterator[torch.Tensor]:
        height, width = seen.shape[:2]
        scaled = self.view.scale(seen)
        return probabilities(
            asking(self.model, self.view, flips=self.flips),
            filled(pack(scaled), self.view.size),
            (scaled.shape[0], scaled.shape[1]),
            (height, width),
            self.view,
            self.device.torch,
            watch=watch,
        )


def load_kept(folder: Path, device: Device) -> Kept:
    """The best segmenter of the run in `folder`; UserErrors as load_best."""
    weights, facts = load_best(folder)
    spec = ModelSpec.from_json(facts["model"])
    view = View.kept(facts)
    model = build_segmenter(spec, len(facts["labels"]) + 1, size=view.size)
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        file = str(folder / BEST_WEIGHTS)
        raise UserError("training.checkpoint_damaged", file=file) from error
    model.to(device.torch).to(memory_format=torch.channels_last).eval()
    window = Window.from_json(facts.get("window"))
    return Kept(model, spec, facts["labels"], view, window, bool(facts["flips"]), device)


@dataclass(frozen=True, slots=True)
class _Item:
    key: int | str
    path: Path
    sha256: str | None
    frame: int


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Write a line {key, width, height, regions} for each image of the job that can be read.

    Images that cannot be read are named in "skipped" of the result.
    """
    p = job.params
    device = begin(p.get("device", "auto"), reporter)
    kept = load_kept(Path(p["run_folder"]), device)
    project = Path(job.project)
    items = [
        _Item(i["key"], project / i["path"], i.get("sha256"), int(i.get("frame") or 0))
        for i in p["items"]
    ]
    refused: list[Refused] = []
    written = write_lines(Path(p["out"]), _lines(kept, items, refused, reporter))
    return {
        "device": device.name,
        "labels": kept.labels,
        "predicted": written,
        "skipped": [each.to_json() for each in refused],
    }


def _lines(
    kept: Kept, items: list[_Item], refused: list[Refused], reporter: Reporter
) -> Iterator[dict[str, Any]]:
    known: dict[Path, str] = {}  # a file of many frames is hashed once
    for done, item in enumerate(items, 1):
        reporter.check()
        try:
            checked_hash(item, known)
            yield {"key": item.key, **kept.answer(item.path, item.frame, reporter.check)}
        except OSError:
            refused.append(Refused(item, "data.file_missing", {"file": str(item.path)}))
        except UserError as error:
            refused.append(Refused(item, error.code, {"file": str(item.path), **error.params}))
        reporter.emit(Progressed("training.stage.predicting", done, len(items)))


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer each request {id, run_folder, path, frame?} with {width, height, regions}; see
    `serving.serve`."""

    def answer(kept: Kept, request: dict[str, Any]) -> dict[str, Any]:
        return kept.answer(Path(job.project) / request["path"], int(request.get("frame") or 0))

    return serving.serve(job, reporter, load_kept, answer)
