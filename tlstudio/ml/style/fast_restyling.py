"""Images in a learned style: many into a folder, or one by one for a warm worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.windows import Window
from tlstudio.imaging.unit import read_unit
from tlstudio.ml.checkpoint import BEST_WEIGHTS, load_best
from tlstudio.ml.devices import Device
from tlstudio.ml.files import replacing
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs import serving
from tlstudio.ml.runs.lines import write_lines
from tlstudio.ml.runs.starting import begin
from tlstudio.ml.runs.store import Refused, checked_hash
from tlstudio.ml.style.fast_drawing import redraw, save_picture
from tlstudio.ml.zoo.stylizer import Stylizer, build

VERSION = "stylizer-1"
"""Names how an image is prepared: by its window, in its own size, nothing else."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A run's best stylizer, ready in eval mode."""

    model: Stylizer
    spec: ModelSpec
    window: Window
    device: Device

    def restyle(
        self, path: Path, frame: int, out: Path, watch: Callable[[], None] = lambda: None
    ) -> dict[str, Any]:
        """Write a frame of `path` in the style to `out`, whose ending names the format; gives
        {file, width, height}. UserError where it cannot be read or written."""
        made = redraw(
            self.model,
            read_unit(path, frame=frame, window=self.window),
            self.device.torch,
            watch,
        )
        try:
            with replacing(out) as beside:
                save_picture(made, beside, out.suffix)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise UserError("styling.out", file=str(out), reason=reason) from error
        height, width = made.shape[:2]
        return {"file": str(out), "width": width, "height": height}


def load_kept(folder: Path, device: Device) -> Kept:
    """The best stylizer of the run in `folder`; UserErrors as load_best."""
    weights, facts = load_best(folder)
    spec = ModelSpec.from_json(facts["model"])
    model = build(spec, int(facts["width"]), str(facts["colour"]))
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        file = str(folder / BEST_WEIGHTS)
        raise UserError("training.checkpoint_damaged", file=file) from error
    model.to(device.torch).to(memory_format=torch.channels_last).eval()
    return Kept(model, spec, Window.from_json(facts.get("window")), device)


@dataclass(frozen=True, slots=True)
class _Item:
    key: int | str
    path: Path
    sha256: str | None
    frame: int
    out: Path


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Write each image of the job in the style, under its name `out` in the job's `out_folder`,
    and a line {key, file, width, height} for it into `out`.

    Images that cannot be read are named in "skipped" of the result.
    """
    p = job.params
    device = begin(p.get("device", "auto"), reporter)
    kept = load_kept(Path(p["run_folder"]), device)
    project, folder = Path(job.project), Path(p["out_folder"])
    items = [
        _Item(
            i["key"],
            project / i["path"],
            i.get("sha256"),
            int(i.get("frame") or 0),
            folder / i["out"],
        )
        for i in p["items"]
    ]
    refused: list[Refused] = []
    written = write_lines(Path(p["out"]), _lines(kept, items, refused, reporter))
    return {
        "device": device.name,
        "labels": [],
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
            yield {"key": item.key, **kept.restyle(item.path, item.frame, item.out, reporter.check)}
        except OSError:
            refused.append(Refused(item, "data.file_missing", {"file": str(item.path)}))
        except UserError as error:
            if error.code == "styling.out":
                raise
            refused.append(Refused(item, error.code, {"file": str(item.path), **error.params}))
        reporter.emit(Progressed("training.stage.restyling", done, len(items)))


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer each request {id, run_folder, path, frame?, out} with {file, width, height}; `out` is
    absolute. See `serving.serve`."""

    def answer(kept: Kept, request: dict[str, Any]) -> dict[str, Any]:
        path = Path(job.project) / request["path"]
        return kept.restyle(path, int(request.get("frame") or 0), Path(request["out"]))

    return serving.serve(job, reporter, load_kept, answer)
