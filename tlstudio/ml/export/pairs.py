"""The trained model and its bundle before the same image files, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.ml.export.parity import Lost, Shown, held_of, load_predict
from tlstudio.ml.reporter import Reporter

MOST = 48
"""Images that shapes are compared on: each is answered twice, and a large one takes seconds."""


def chosen(images: Sequence[Shown]) -> list[Shown]:
    """At most MOST of them, evenly over their order."""
    count = min(MOST, len(images))
    return [images[at * len(images) // count] for at in range(count)]


def answers(
    bundle: Path,
    images: Sequence[Shown],
    ours: Callable[[Shown], Any],
    theirs: Callable[[Any, Any], Any],
    lost: Lost,
    reporter: Reporter,
) -> Iterator[tuple[Any, Any]]:
    """(what `ours` says of an image, what `theirs` says of the bundle and what it read of it), for
    every one of `images` that can be read; the others are counted in `lost`."""
    predict = load_predict(bundle)
    model = predict.open_bundle(bundle)
    for done, each in enumerate(images, 1):
        reporter.check()
        reporter.emit(Progressed("bundle.checking", done, len(images)))
        try:
            own = ours(each)
        except UserError:
            lost.skipped += 1
            continue
        try:
            other = theirs(model, _read(predict, each, lost))
        except Exception:  # whatever predict.py cannot do that the program can is a failed check
            lost.unread += 1
            continue
        yield own, other


def _read(predict: Any, shown: Shown, lost: Lost) -> Any:
    try:
        return predict.images.read_values(shown.path, shown.frame)
    except predict.images.OtherKind:
        lost.given += 1
        return held_of(predict, shown)
