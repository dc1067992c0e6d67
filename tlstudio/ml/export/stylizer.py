"""A trained stylizer as a bundle is made of it, checked pixel by pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.imaging.unit import read_unit
from tlstudio.ml.checkpoint import load_best
from tlstudio.ml.devices import choose_device
from tlstudio.ml.export.onnx import OPSET
from tlstudio.ml.export.pairs import answers
from tlstudio.ml.export.parity import Lost, Shown
from tlstudio.ml.export.restyle import rgb8
from tlstudio.ml.export.sample import FILE, write_picture
from tlstudio.ml.export.seeing import seeing
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.style import fast_drawing
from tlstudio.ml.style.fast_onnx import (
    INPUT,
    OUTPUT,
    export_onnx,
    export_pieces,
    export_survey,
)
from tlstudio.ml.style.fast_restyling import VERSION, Kept, load_kept
from tlstudio.ml.zoo.stylizer import LEAST, REACH, STRIDE

MOST = 12
"""Images that are compared: each is redrawn twice, and a large one takes seconds."""
TOLERANCE = 1 / 255
"""Largest difference of a pixel, of 0..1: one step of 8 bits."""
ELSEWHERE = 2
"""The same for the sample, in steps of 8 bits, with other machines and libraries."""
EXPECTED = "expected.png"
SURVEY_FILE, PIECES_FILE = "survey.onnx", "pieces.onnx"


@dataclass(frozen=True, slots=True)
class PixelParity:
    """`max_diff` and `mean_diff` are of pixels, of 0..1; `differ` is the share of values that
    come out as another step of 8 bits. `of` images were there; otherwise as `parity.Parity`."""

    n: int
    of: int
    max_diff: float
    mean_diff: float
    differ: float
    skipped: int
    unread: int
    given: int
    tolerance: float
    passed: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TrainedStylizer:
    """`kept` is the run's best model as the program asks it, `style` {sha256, label} of the image
    it learned the look of, `side` that of the squares it learned from. See `bundle.Trained`."""

    kept: Kept
    spec: ModelSpec
    style: Mapping[str, Any]
    side: int
    labels: Sequence[Mapping[str, Any]] = ()
    programs: Sequence[str] = ("restyle.py",)

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.kept.model.parameters())

    def write_model(self, path: Path) -> None:
        export_onnx(self.kept.model, path)
        export_survey(self.kept.model, path.with_name(SURVEY_FILE))
        export_pieces(self.kept.model, path.with_name(PIECES_FILE))

    def describe(self) -> dict[str, Any]:
        shape = ["batch", 3, "height", "width"]
        return {
            "style": {**self.style, "colour": self.kept.model.colour},
            "preprocessing": {
                **seeing(VERSION, self.kept.window),
                "size": self.side,
                "size_text": "side of the squares it learned from; any size can be restyled",
                "least_side": LEAST,
                "most_pixels": fast_drawing.MOST_PIXELS,
                "whole_pixels": fast_drawing.WHOLE,
                "pieces": {
                    "survey": SURVEY_FILE,
                    "model": PIECES_FILE,
                    "side": fast_drawing.PIECE,
                    "reach": REACH,
                    "step": STRIDE,
                    "surveyed": fast_drawing.SURVEYS,
                    "surveyed_side": fast_drawing.SURVEYED,
                    "text": "a picture of more than whole_pixels is mirrored to multiples of step"
                    " and drawn in squares of side, each with a border of reach that is cut off"
                    " again, by the means and variances of surveyed x surveyed squares of it",
                },
                "scale": "0 to 1; 8-bit images are divided by 255; no mean is subtracted",
                "layout": "NCHW",
                "type": "float32",
            },
            "postprocessing": {
                "output": "the picture, 0 to 1, of the size it came in",
                "answer": "times 255, rounded to 8 bits",
            },
            "onnx": {
                "file": "model.onnx",
                "opset": OPSET,
                "input": {"name": INPUT, "shape": shape, "type": "float32"},
                "outputs": [{"name": OUTPUT, "shape": shape, "type": "float32"}],
            },
        }

    def drawn(self, shown: Shown) -> NDArray[np.float32]:
        """[H, W, 3] in 0..1 as the program draws it; UserError where it cannot."""
        pixels = read_unit(shown.path, frame=shown.frame, window=self.kept.window)
        return fast_drawing.redrawn(self.kept.model, pixels, self.kept.device.torch)

    def compare(self, bundle: Path, images: Sequence[Shown], reporter: Reporter) -> PixelParity:
        count, lost = min(MOST, len(images)), Lost()
        some = [images[at * len(images) // count] for at in range(count)]
        gaps: list[NDArray[np.float32]] = []
        steps: list[float] = []

        def theirs(model: Any, held: Any) -> Any:
            return model.restyled(held)

        for own, other in answers(bundle, some, self.drawn, theirs, lost, reporter):
            gap = np.nan_to_num(np.abs(own - other), nan=1.0)
            gaps.append(np.array([gap.max(), gap.mean()], np.float32))
            steps.append(float((rgb8(own) != rgb8(other)).mean()))
        if not gaps:
            raise UserError("bundle.no_validation")
        worst = float(max(gap[0] for gap in gaps))
        return PixelParity(
            n=len(gaps),
            of=len(images),
            max_diff=worst,
            mean_diff=float(np.mean([gap[1] for gap in gaps])),
            differ=float(np.mean(steps)),
            skipped=lost.skipped,
            unread=lost.unread,
            given=lost.given,
            tolerance=TOLERANCE,
            passed=worst <= TOLERANCE and not lost.unread,
        )

    def write_sample(self, folder: Path, images: Sequence[Shown]) -> dict[str, Any]:
        kind, window = write_picture(folder, images, self.kept.window)
        shown = replace(self, kept=replace(self.kept, window=window))
        Image.fromarray(rgb8(shown.drawn(Shown(folder / FILE)))).save(folder / EXPECTED)
        return {
            "image": FILE,
            "kind": kind,
            "window": window.to_json(),
            "picture": EXPECTED,
            "tolerance": {"levels": ELSEWHERE},
        }


def load_stylizer(folder: Path, spec: ModelSpec) -> TrainedStylizer:
    """The best stylizer of the run in `folder`, on the CPU; UserErrors as `load_best`."""
    _, facts = load_best(folder)
    kept = load_kept(folder, choose_device("cpu"))
    return TrainedStylizer(kept, spec, facts["style"], int(facts["image_size"]))
