"""The two jobs of the optimisation: one picture, and a warm worker for one after another."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Preview, Progressed
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.styling import Styling, check_result_name
from tlstudio.imaging.unit import read_unit
from tlstudio.ml.files import put_in_place, replacing
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.starting import begin
from tlstudio.ml.style.painting import Now, Painting, Watch
from tlstudio.ml.style.perception import FeatureNetwork
from tlstudio.ml.style.scene import Reader, Scene

PREVIEW_EVERY = 0.4
"""Seconds between two previews."""
PREVIEW_SIDE = 1024
"""Longest side of a preview, in pixels."""

_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".tif": ("TIFF", {"compression": "tiff_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_deflate"}),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; `start_from` is HERE, the path of a picture, or None."""

    styling: Styling
    weights: Path
    out: Path
    start_from: str | None

    @classmethod
    def read(cls, data: dict[str, Any]) -> Wish:
        """KeyError, TypeError, ValueError or UserError where `data` asks for nothing lawful."""
        out = str(data["out"])
        check_result_name(out)
        start = data.get("start_from")
        return cls(
            Styling.from_json(data["styling"]),
            Path(str(data["weights"]["path"])),
            Path(out),
            None if start is None else str(start),
        )


HERE = "here"


class Studio:
    """What stays ready between two pictures: networks, pictures read, and the last picture."""

    def __init__(self) -> None:
        self._reader = Reader()
        self._networks: dict[tuple[Any, ...], FeatureNetwork] = {}
        self.picture: Tensor | None = None

    def network(self, wish: Wish, device: torch.device) -> FeatureNetwork:
        """The feature network of the settings; UserErrors of FeatureNetwork.load."""
        settings = wish.styling.settings
        layers = frozenset(sum(settings.layers(), ()))
        try:
            mark = wish.weights.stat().st_mtime_ns
        except OSError:
            mark = 0
        key = (settings.network, str(wish.weights), mark, layers, str(device))
        if key not in self._networks:
            self._networks = {}  # one at a time: VGG19 is large
            self._networks[key] = FeatureNetwork.load(
                settings.network, wish.weights, device, layers
            )
        return self._networks[key]

    def begin(self, wish: Wish, device: torch.device, breathe: Callable[[], object]) -> Painting:
        """Read and set up; UserErrors of the weights, the pictures and the settings."""
        begun = time.monotonic()
        settings = wish.styling.settings
        network = self.network(wish, device)
        breathe()
        scene = Scene(wish.styling, self._reader, device, breathe)
        start = self._start(wish)
        return Painting(scene, settings, network, device, start=start, begun=begun)

    def _start(self, wish: Wish) -> Tensor | None:
        if wish.start_from is None:
            return None
        if wish.start_from == HERE:
            return self.picture
        return to_tensor(read_unit(Path(wish.start_from)))


class Previewing:
    """Previews as files in `folder`, two in turn."""

    def __init__(self, reporter: Reporter, folder: Path) -> None:
        self._reporter, self._folder = reporter, folder
        self._request, self._last, self._turn = "", -PREVIEW_EVERY, 0
        self.made = 0

    def begin(self, request: str) -> None:
        """From now on for this request; its first picture is shown at once."""
        self._request, self._last = request, -PREVIEW_EVERY

    def show(self, now: Now) -> None:
        """Write the picture and tell of it, unless the one before is younger than PREVIEW_EVERY.
        UserError("styling.out")."""
        at = time.monotonic()
        if at - self._last < PREVIEW_EVERY:
            return
        self._last = at
        image = Image.fromarray(to_pixels(now.picture()))
        if max(image.size) > PREVIEW_SIDE:
            image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.BILINEAR)
        self._turn = 1 - self._turn
        self.made += 1
        place = self._folder / f"preview-{self._turn}.jpg"
        _show_as(image, place)
        self._reporter.emit(
            Preview(
                self._request, now.step, now.steps, str(place), *image.size,
                round(now.seconds, 3), _rounded(now.seconds_left), now.losses.to_json(),
            )
        )  # fmt: skip


class _OneWatch:
    """Orders of a job for one picture: stop keeps, cancel and a lost parent raise."""

    def __init__(self, reporter: Reporter, previews: Previewing | None) -> None:
        self._reporter, self._previews = reporter, previews

    def breathe(self) -> bool:
        self._reporter.check()
        return self._reporter.stop_wanted

    def show(self, now: Now) -> None:
        self._reporter.emit(
            Progressed(
                "styling.stage.painting",
                now.step,
                now.steps,
                seconds_left=_rounded(now.seconds_left),
                values=now.losses.to_json(),
            )
        )
        if self._previews is not None:
            self._previews.show(now)


def stylize(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Make one picture; see docs/decisions/0024-style-optimisation.md for the parameters.

    Stop and the time limit keep what is there. UserErrors: styling.*, weights.*, data.*.
    """
    try:
        wish = Wish.read(job.params)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("training.bad_request") from error
    device = begin(wish.styling.settings.device, reporter)
    studio = Studio()
    previews = Previewing(reporter, Path(job.folder)) if job.params.get("previews") else None
    watch = _OneWatch(reporter, previews)
    reporter.emit(Progressed("styling.stage.reading", 0, None))
    painting = studio.begin(wish, device.torch, watch.breathe)
    return finished(painting, wish, watch)


def finished(painting: Painting, wish: Wish, watch: Watch) -> dict[str, Any]:
    """Paint, write the result, and tell of it."""
    made = painting.paint(watch)
    pixels = to_pixels(made.picture)
    write_picture(wish.out, pixels)
    return {
        "out": str(wish.out),
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "steps": made.steps,
        "seconds": round(made.seconds, 3),
        "losses": made.losses.to_json(),
        "history": [list(point) for point in made.history],
        "ended": made.ended.value,
    }


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """[H, W, 3] into a file whose ending says its format, whole or not at all.

    UserError: styling.ending, styling.out.
    """
    check_result_name(str(path))
    kind, options = _FORMATS[path.suffix.lower()]
    try:
        with replacing(path) as beside:
            Image.fromarray(pixels).save(beside, kind, **options)
    except OSError as error:
        raise _unwritable(path, error) from error


def _show_as(image: Image.Image, place: Path) -> None:
    """Put a preview in place whole; it need not outlast a crash, so nothing waits for the disk."""
    beside = place.with_suffix(".tmp")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        image.save(beside, "JPEG", quality=88)
        put_in_place(beside, place)
    except OSError as error:
        raise _unwritable(place, error) from error


def _unwritable(path: Path, error: OSError) -> UserError:
    return UserError("styling.out", file=str(path), reason=error.strerror or str(error))


def to_pixels(picture: Tensor) -> NDArray[np.uint8]:
    """[1, 3, H, W] in 0..1 as [H, W, 3] of 8 bits."""
    values = picture[0].detach().clamp(0, 1).mul(255).round().to(torch.uint8)
    return np.ascontiguousarray(values.permute(1, 2, 0).cpu().numpy())


def to_tensor(unit: NDArray[np.float32]) -> Tensor:
    """[H, W, 3] in 0..1 as [1, 3, H, W]."""
    return torch.from_numpy(np.ascontiguousarray(unit)).permute(2, 0, 1)[None]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


__all__ = ["HERE", "Previewing", "Studio", "Wish", "finished", "stylize"]
