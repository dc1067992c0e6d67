"""A trained segmenter as a bundle is made of it, checked by Dice between the label maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.ml.devices import choose_device
from tlstudio.ml.export import tell_shapes
from tlstudio.ml.export.onnx import OPSET
from tlstudio.ml.export.paint_regions import Agreement, map_of
from tlstudio.ml.export.pairs import answers, chosen
from tlstudio.ml.export.parity import Lost, Shown
from tlstudio.ml.export.sample import FILE, write_picture
from tlstudio.ml.export.seeing import seeing
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.segmentation.onnx import INPUT, OUTPUT, export_onnx
from tlstudio.ml.segmentation.predicting import Kept, load_kept
from tlstudio.ml.segmentation.view import VERSION
from tlstudio.ml.segmentation.windows import AT_ONCE, LEAST, SIGMA

DICE = 0.999
"""Least Dice of any label between both maps, over all images that are compared."""
ELSEWHERE = 0.99
"""The same for the sample, on other machines and with other versions of the libraries."""
EXPECTED = "expected.png"


@dataclass(frozen=True, slots=True)
class RegionParity:
    """`dice` is the least of any label, pooled over the images, `differ` the share of all pixels
    with another label, `max_diff` the largest difference of a probability. `of` images were there;
    otherwise as `parity.Parity`."""

    n: int
    of: int
    max_diff: float
    dice: float
    differ: float
    pixels: int
    skipped: int
    unread: int
    given: int
    tolerance: float
    passed: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TrainedSegmenter:
    """`kept` is the run's best model as the program asks it; `labels` are {id, name, colour} in
    the order of its classes from 1. See `bundle.Trained`."""

    kept: Kept
    spec: ModelSpec
    labels: Sequence[Mapping[str, Any]]
    programs: Sequence[str] = ("paint_regions.py", "tell_shapes.py")

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.kept.model.parameters())

    def write_model(self, path: Path) -> None:
        export_onnx(self.kept.model, self.kept.view.size, path)

    def describe(self) -> dict[str, Any]:
        view, classes = self.kept.view, len(self.labels) + 1
        return {
            "preprocessing": {
                **seeing(VERSION, self.kept.window),
                "size": view.size,
                "patch": view.patch,
                "overlap": view.overlap,
                "fit": "scaled so that a square of side patch becomes one of side size (patch -1:"
                " so that the longer side becomes size, if it is not nearly that already),"
                " mirrored to the right and below where it is smaller than a window",
                "resize": "bilinear",
                "resize_library": "Pillow, antialiased; 8-bit images on 8 bits, others on float32",
                "scale": "0 to 1; 8-bit images are divided by 255, others kept in 16 bits",
                "mean": list(view.mean),
                "std": list(view.std),
                "layout": "NCHW",
                "type": "float32",
            },
            "postprocessing": {
                "output": "logits; softmax over the classes gives probabilities",
                "flips": self.kept.flips,
                "flips_text": "mean over the window as it is, mirrored left to right, top to"
                " bottom, and both",
                "at_once": AT_ONCE,
                "blending": {
                    "kind": "gaussian",
                    "sigma": SIGMA,
                    "least": LEAST,
                    "text": "weights of a window's pixels; sigma is a share of its side",
                },
                "resize": "probabilities, bilinear between the four nearest, to the image's size",
                "answer": "the most probable class of each pixel",
                "map": ["background", *(str(label["name"]) for label in self.labels)],
            },
            "onnx": {
                "file": "model.onnx",
                "opset": OPSET,
                "input": {
                    "name": INPUT,
                    "shape": ["batch", 3, view.size, view.size],
                    "type": "float32",
                },
                "outputs": [
                    {
                        "name": OUTPUT,
                        "shape": ["batch", classes, view.size, view.size],
                        "type": "float32",
                    }
                ],
            },
        }

    def bands(self, shown: Shown) -> Iterator[NDArray[np.float32]]:
        """What the program's own predictions say of an image, from its top down; UserError where
        it cannot be read."""
        return (band.numpy() for band in self.kept.bands(shown.path, shown.frame))

    def compare(self, bundle: Path, images: Sequence[Shown], reporter: Reporter) -> RegionParity:
        agreement, lost = Agreement(len(self.labels)), Lost()
        count, worst = 0, 0.0

        def theirs(model: Any, held: Any) -> Any:
            return model.bands(held)

        for own, other in answers(bundle, chosen(images), self.bands, theirs, lost, reporter):
            try:
                for ours, its in aligned(own, _of_bundle(other)):
                    agreement.add(map_of(ours), map_of(its))
                    gap = float(np.abs(ours - its).max())
                    worst = max(worst, gap if np.isfinite(gap) else 1.0)
            except _BundleFailed:
                lost.unread += 1
                continue
            count += 1
        if not count:
            raise UserError("bundle.no_validation")
        return RegionParity(
            n=count,
            of=len(images),
            max_diff=worst,
            dice=agreement.dice,
            differ=agreement.share,
            pixels=agreement.pixels,
            skipped=lost.skipped,
            unread=lost.unread,
            given=lost.given,
            tolerance=DICE,
            passed=agreement.dice >= DICE and agreement.share <= 1 - DICE and not lost.unread,
        )

    def write_sample(self, folder: Path, images: Sequence[Shown]) -> dict[str, Any]:
        kind, window = write_picture(folder, images, self.kept.window)
        shown = replace(self, kept=replace(self.kept, window=window))
        painted = shown.kept.paint(folder / FILE, 0).classes
        colours = tell_shapes.colours_of([dict(label) for label in self.labels])
        tell_shapes.label_map(painted, colours).save(folder / EXPECTED)
        return {
            "image": FILE,
            "kind": kind,
            "window": window.to_json(),
            "mask": EXPECTED,
            "tolerance": {"dice": ELSEWHERE},
        }


def load_segmenter(
    folder: Path, spec: ModelSpec, labels: Sequence[Mapping[str, Any]]
) -> TrainedSegmenter:
    """The best segmenter of the run in `folder`, on the CPU; UserErrors as `load_best`."""
    return TrainedSegmenter(load_kept(folder, choose_device("cpu")), spec, labels)


def aligned(
    one: Iterable[NDArray[np.float32]], other: Iterable[NDArray[np.float32]]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The same rows of two pictures [C, rows, W] that come in pieces of different heights.
    ValueError where one has more rows than the other."""
    rest = iter(other)
    held: NDArray[np.float32] | None = None
    for band in one:
        at = 0
        while at < band.shape[1]:
            if held is None or not held.shape[1]:
                held = next(rest, None)
                if held is None:
                    raise ValueError("the second picture has fewer rows")
            rows = min(band.shape[1] - at, held.shape[1])
            yield band[:, at : at + rows], held[:, :rows]
            held, at = held[:, rows:], at + rows
    if (held is not None and held.shape[1]) or next(rest, None) is not None:
        raise ValueError("the second picture has more rows")


class _BundleFailed(Exception):
    """Whatever predict.py cannot do that the program can: a failed check."""


def _of_bundle(bands: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    try:
        yield from bands
    except Exception as error:
        raise _BundleFailed from error
