"""A kept detector's answers, whichever library it is of: for many images into a file, or one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from tlstudio.domain.events import Progressed
from tlstudio.domain.runs import JobSpec
from tlstudio.metrics.detection import Found
from tlstudio.ml.detection.answers import answer_of
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.lines import write_lines
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.runs.starting import begin
from tlstudio.ml.runs.store import Refused, checked_hash, decoding_threads, open_all

CHUNK = 8
"""Images read ahead in threads."""


class Finder(Protocol):
    """A run's best model. `labels` [{id, name}] are in the order of its outputs; what `read`
    gives, [H, W] or [H, W, 3], `find` looks through, in pixels of it."""

    @property
    def labels(self) -> list[dict[str, Any]]: ...

    @property
    def threshold(self) -> float: ...

    def read(self, picture: Picture, /) -> Any: ...

    def find(self, image: Any, /) -> Found: ...


Load = Callable[[Path, Device], Finder]


def predict(job: JobSpec, reporter: Reporter, load: Load) -> dict[str, Any]:
    """Write a line {key, width, height, boxes, labels, scores} for each image of the job that can
    be read; boxes are x, y, width, height in its pixels. Images that cannot be read are named in
    "skipped" of the result."""
    p = job.params
    device = begin(p.get("device", "auto"), reporter)
    kept = load(Path(p["run_folder"]), device)
    pictures = [_picture(item, Path(job.project)) for item in p["items"]]
    skipped: list[Refused] = []
    predicted = write_lines(Path(p["out"]), _lines(kept, pictures, skipped, reporter))
    return {
        "device": device.name,
        "labels": p.get("labels") or kept.labels,
        "threshold": kept.threshold,
        "predicted": predicted,
        "skipped": [refused.to_json() for refused in skipped],
    }


def answer_request(kept: Finder, request: dict[str, Any], project: Path) -> dict[str, Any]:
    """The line of `predict` for the image of a request {path, frame?} without its key, and the
    model's labels and threshold."""
    image = kept.read(_picture({"key": "", **request, "sha256": None}, project))
    return {"names": kept.labels, "threshold": kept.threshold, **_answer(kept, image)}


def _lines(
    kept: Finder, pictures: list[Picture], skipped: list[Refused], reporter: Reporter
) -> Iterator[dict[str, Any]]:
    """A line for each picture that can be read; the others go to `skipped`."""
    hashes: dict[Path, str] = {}  # a file of many frames is hashed once
    with decoding_threads() as pool:
        for at in range(0, len(pictures), CHUNK):
            chunk = pictures[at : at + CHUNK]
            images: dict[int, Any] = {}

            def read(place: int, chunk: list[Picture] = chunk, into: Any = images) -> None:
                checked_hash(chunk[place], hashes)
                into[place] = kept.read(chunk[place])

            refused = open_all(pool, chunk, read, Reporter(orders=reporter.orders), stage="")
            skipped += [each for _, each in refused]
            for place in sorted(images):
                reporter.check()
                yield {"key": chunk[place].key, **_answer(kept, images.pop(place))}
                done = at + place + 1
                reporter.emit(Progressed("training.stage.predicting", done, len(pictures)))


def _answer(kept: Finder, image: Any) -> dict[str, Any]:
    ids = [int(label["id"]) for label in kept.labels]
    return answer_of(kept.find(image), ids, image.shape[1], image.shape[0])


def _picture(item: dict[str, Any], project: Path) -> Picture:
    frame = int(item.get("frame") or 0)
    return Picture(item["key"], project / item["path"], item.get("sha256"), frame)
