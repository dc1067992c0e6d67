"""Styling: a picture painted in the look of others, seen while it is made; and what was made.

One worker, kept warm, makes the pictures of the window; a newer request takes the place of the one
at work. What is worth it is kept in the project's history (services.style_history), as a file, or
as an image of the project that is marked as made here.
"""

from __future__ import annotations

import atexit
import itertools
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Event, Preview
from tlstudio.domain.styling import NETWORKS, Styling
from tlstudio.services._scratch import scratch
from tlstudio.services._style_worker import HERE, StyledPicture, StyleWorker
from tlstudio.services.style_history import (
    add_to_project,
    delete,
    entry_styling,
    history,
    keep,
    picture_of,
    save_image,
    thumbnails,
)
from tlstudio.storage import paths

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = [
    "HERE",
    "StyleWorker",
    "StyledPicture",
    "add_to_project",
    "delete",
    "entry_styling",
    "feature_weights",
    "history",
    "keep",
    "missing_weights",
    "picture_of",
    "request",
    "rest",
    "save_image",
    "stop",
    "thumbnails",
    "wake",
]

OnPreview = Callable[[Preview], None]
OnEvent = Callable[[Event], None]

_guard = threading.Lock()
_worker: StyleWorker | None = None
_folder: Path | None = None
_numbers = itertools.count(1)
_lasting = 3
_made: deque[Path] = deque()


def feature_weights(network: str, wanted: str = "default") -> dict[str, Any]:
    """What the worker is told of the weights of a feature network: kind, path, sha256, label.

    `wanted` is default (those of the store; nothing is ever downloaded) or a file. Raises
    UserError: weights.absent, styling.weights_file, recipe.value for an unknown network.
    """
    from tlstudio.services.models import list_weights, weights_file, weights_label

    if network not in NETWORKS:
        raise UserError("styling.network_unknown", network=network, known=", ".join(NETWORKS))
    if wanted != "default":
        file = Path(wanted).expanduser().absolute()
        if not file.is_file():
            raise UserError("styling.weights_file", file=str(file))
        return {"kind": "file", "path": str(file), "sha256": None, "label": file.name}
    hashes = {each.model: each.sha256 for each in list_weights()}
    stored = weights_file(network) if network in hashes else None
    if stored is None:
        raise UserError("weights.absent", model=network)
    label = weights_label(network)
    return {"kind": "file", "path": str(stored), "sha256": hashes[network], "label": label}


def missing_weights() -> tuple[str, ...]:
    """The feature networks whose weights are not on this computer."""
    from tlstudio.services.models import list_weights

    here = {each.model for each in list_weights()}
    return tuple(network for network in NETWORKS if network not in here)


def wake() -> None:
    """Start the worker, so that the first picture comes sooner."""
    _the_worker().wake()


def request(
    project: Project | None,
    styling: Styling,
    *,
    start_from: str | None = None,
    weights: str = "default",
    on_preview: OnPreview | None = None,
    on_event: OnEvent | None = None,
) -> StyledPicture:
    """Make a picture; waits for it, so it belongs on a thread of its own.

    `start_from` is HERE (the picture as it stands), the path of a picture, or None to begin as the
    settings say. `on_preview` and `on_event` (all events) are called on a thread of the worker;
    the file of a preview lasts until the second next one. The picture is a file that lasts until
    the third next one is made: `keep` it. A newer request makes this one raise
    UserError("style.replaced"). Works without a project; with one, relative paths lie in it.
    Raises UserError: weights.absent, styling.*, data.* of the pictures, training.crashed,
    job.not_started; Cancelled after `rest`.
    """
    told = feature_weights(styling.settings.network, weights)

    def hear(event: Event) -> None:
        if on_preview is not None and isinstance(event, Preview):
            on_preview(event)
        if on_event is not None:
            on_event(event)

    asked = styling if project is None else _resolved(project, styling)
    made = _the_worker().make(asked, told, _place(), start_from=start_from, on_event=hear)
    _let_go(made.file)
    return made


def stop(_project: Project | None = None) -> None:
    """End what is being made: its `request` returns the picture as it is. There is one worker,
    whatever the project."""
    with _guard:
        worker = _worker
    if worker is not None:
        worker.stop()


def rest() -> None:
    """End the worker; its memory is free again, and what was being made is given up."""
    global _worker
    with _guard:
        worker, _worker = _worker, None
    if worker is not None:
        worker.close()


def _the_worker() -> StyleWorker:
    global _worker
    with _guard:
        if _worker is None:
            _worker = StyleWorker()
        return _worker


def _place() -> Path:
    """Where the next picture goes."""
    global _folder
    with _guard:
        if _folder is None or not _folder.is_dir():
            _folder = scratch("style-made")
        return _folder / f"{next(_numbers):04d}.png"


def _resolved(project: Project, styling: Styling) -> Styling:
    def outside(path: str) -> str:
        return str(paths.resolve(project.folder, path))

    sources = tuple(
        replace(each, path=outside(each.path), region=each.region and outside(each.region))
        for each in styling.sources
    )
    return replace(styling, content_path=outside(styling.content_path), sources=sources)


def _let_go(made: Path) -> None:
    """Only the last pictures stay; those that were wanted have been kept."""
    with _guard:
        _made.append(made)
        old = [_made.popleft() for _ in range(len(_made) - _lasting)]
    for file in old:
        file.unlink(missing_ok=True)


atexit.register(rest)
