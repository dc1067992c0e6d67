"""The check that a bundle answers as the trained model does, on the same image files.

The trained model looks through the program's own pre-processing, the bundle through its own
predict.py and onnxruntime, so that a difference anywhere on the way from file to answer shows.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.unit import Seen
from tlstudio.ml.classification.pixels import Transform, batch_of
from tlstudio.ml.reporter import Reporter

TOLERANCE = 1e-4
"""Largest difference of a probability; both sides compute in single precision."""

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Shown:
    """An image that is checked on: a frame of a file. One that is `private` may name somebody, so
    that it does not travel."""

    path: Path
    frame: int = 0
    private: bool = False


@dataclass(frozen=True, slots=True)
class Parity:
    """`max_diff` and `mean_diff` are of probabilities; `top_differs` counts images whose most
    probable label is another, `inputs_differ` those whose prepared pixels are, `skipped` those
    that could not be read, `given` those of a kind that predict.py does not read itself, whose
    values it was given. `max_diff` is None where an answer was not a number."""

    n: int
    max_diff: float
    mean_diff: float
    top_differs: int
    inputs_differ: int
    skipped: int
    unread: int
    given: int
    tolerance: float
    passed: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(
    bundle: Path,
    classifier: nn.Module,
    transform: Transform,
    shown: Sequence[Shown],
    reporter: Reporter,
) -> Parity:
    """Both sides over the images `shown`. UserError("bundle.no_validation") where none is left."""
    predict = load_predict(bundle)
    model = predict.Model(bundle)
    differences: list[NDArray[np.float64]] = []
    top = inputs = 0
    lost = Lost()
    for start in range(0, len(shown), _BATCH):
        chunk = shown[start : start + _BATCH]
        reporter.check()
        seen = _prepare(predict, model, transform, chunk, lost)
        reporter.emit(Progressed("bundle.checking", start + len(chunk), len(shown)))
        if not seen.ours:
            continue
        trained = answer_of(classifier, transform, seen.ours)
        exported = np.asarray(model.probabilities(seen.theirs), dtype=np.float64)
        differences.append(np.abs(trained - exported).max(axis=1))
        top += int((trained.argmax(axis=1) != exported.argmax(axis=1)).sum())
        normal = transform.normalise(batch_of(seen.ours)).numpy()
        inputs += int((normal != np.stack(seen.theirs)).any(axis=(1, 2, 3)).sum())
    if not differences:
        raise UserError("bundle.no_validation")
    return _judge(np.concatenate(differences), top, inputs, lost)


def answer_of(
    classifier: nn.Module, transform: Transform, squares: list[Seen]
) -> NDArray[np.float64]:
    """Probabilities [images, labels] of the trained model for squares as `Transform.read` gives."""
    device = next(classifier.parameters()).device
    images = transform.normalise(batch_of(squares).to(device))
    with torch.inference_mode():
        told = torch.softmax(classifier.eval()(images), dim=1)
    answer: NDArray[np.float64] = told.cpu().numpy().astype(np.float64)
    return answer


class _Traceless(SourceFileLoader):
    """Leaves no compiled copy behind: a bundle holds what was put into it and nothing else."""

    def set_data(self, *_what: object, **_how: object) -> None:
        """Compiled code is not kept."""


def load_predict(bundle: Path) -> ModuleType:
    """The bundle's own predict.py, as a module."""
    name, file = "tlstudio_bundle_predict", bundle / "predict.py"
    loader = _Traceless(name, str(file))
    spec = importlib.util.spec_from_file_location(name, file, loader=loader)
    if spec is None or spec.loader is None:
        raise UserError("bundle.damaged", file=str(bundle), reason="predict.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _judge(differences: NDArray[np.float64], top: int, inputs: int, lost: Lost) -> Parity:
    known = np.where(np.isfinite(differences), differences, 1.0)
    worst = float(known.max())
    return Parity(
        n=len(known),
        max_diff=worst,
        mean_diff=float(known.mean()),
        top_differs=top,
        inputs_differ=inputs,
        skipped=lost.skipped,
        unread=lost.unread,
        given=lost.given,
        tolerance=TOLERANCE,
        passed=worst <= TOLERANCE and not lost.unread,
    )


@dataclass(slots=True)
class Lost:
    """How many images were not compared, or not from their file on."""

    skipped: int = 0
    unread: int = 0
    given: int = 0


@dataclass(slots=True)
class _Seen:
    """The same images as either side prepared them."""

    ours: list[Seen] = field(default_factory=list)
    theirs: list[NDArray[np.float32]] = field(default_factory=list)


def _prepare(
    predict: Any, model: Any, transform: Transform, shown: Sequence[Shown], lost: Lost
) -> _Seen:
    seen = _Seen()
    for each in shown:
        try:
            square = transform.read(each.path, each.frame)
        except UserError:
            lost.skipped += 1
            continue
        try:
            seen.theirs.append(model.prepare(each.path, each.frame))
        except predict.images.OtherKind:
            seen.theirs.append(model.prepare_held(held_of(predict, each)))
            lost.given += 1
        except Exception:  # whatever predict.py cannot do that the program can is a failed check
            lost.unread += 1
            continue
        seen.ours.append(square)
    return seen


def held_of(predict: Any, shown: Shown) -> Any:
    """What predict.py would have read, were the file of a kind that it reads."""
    raw = read_raw(shown.path, frame=shown.frame)
    own = raw.window
    window = None if own is None else (own.low, own.high, own.curve)
    return predict.images.Held(raw.values, window, raw.inverted, raw.full)
