"""What a person watches while a model learns: its answers on the same few validation images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlstudio.domain.events import Examples
from tlstudio.ml.files import write_json
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.runs.store import Places

SHOWN = 4


@dataclass(frozen=True, slots=True)
class Example:
    """A validation image with what was `found` in it: the predict job's line without its key."""

    picture: Picture
    found: dict[str, Any]


def chosen_examples(pictures: Sequence[Picture], val: Places) -> Places:
    """Up to four places of `val`, the same in every epoch and of images with objects first."""
    full = [p for p in val if pictures[int(p)].annotations]
    empty = [p for p in val if not pictures[int(p)].annotations]
    return np.array(sorted((full + empty)[:SHOWN]), np.int64)


def write_examples(
    folder: Path, epoch: int, examples: Sequence[Example], reporter: Reporter
) -> None:
    """examples/epoch-NNN.json in the run folder, and the event that names it."""
    name = f"examples/epoch-{epoch:03d}.json"
    images = [
        {
            "image": shown.picture.key,
            "width": shown.found["width"],
            "height": shown.found["height"],
            "truth": list(shown.picture.annotations),
            "found": shown.found,
        }
        for shown in examples
    ]
    write_json(folder / name, {"epoch": epoch, "images": images})
    reporter.emit(Examples(epoch, name))
