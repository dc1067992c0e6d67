"""The pictures of a styling, read once and brought to any size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tlstudio.domain.errors import UserError
from tlstudio.domain.styling import LEAST_SIDE, MOST_PIXELS, StyleSource, Styling, result_size
from tlstudio.domain.windows import AUTO, Window
from tlstudio.imaging.unit import Seen, read_seen, resized, to_unit
from tlstudio.ml.style.colours import Moments, luminance, matched, mixed, moments
from tlstudio.ml.style.losses import Look
from tlstudio.ml.style.scales import Scale

MOST_KEPT = 400_000_000
"""Bytes of pictures that are remembered besides the one read last."""

LEAST_STYLE = 40
"""Shortest side of a style image at small scales, in pixels; statistics of fewer places would be
those of a few spots."""


class Reader:
    """Pictures from files, the last ones remembered as long as their files stay as they are."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[Any, ...], Seen] = OrderedDict()

    def read(self, path: Path, frame: int, window: Window) -> Seen:
        """UserErrors of imaging.reading.read_image."""
        try:
            facts = path.stat()
            key: tuple[Any, ...] = (path, facts.st_mtime_ns, facts.st_size, frame, window.key)
        except OSError:
            return read_seen(path, frame=frame, window=window)
        if key not in self._seen:
            self._seen[key] = read_seen(path, frame=frame, window=window)
        self._seen.move_to_end(key)
        while len(self._seen) > 1 and sum(s.nbytes for s in self._seen.values()) > MOST_KEPT:
            self._seen.popitem(last=False)
        return self._seen[key]


@dataclass(frozen=True, slots=True)
class View:
    """A styling at one scale: what is kept as the content's losses see it, the styles, where the
    result may differ from `own` (the content itself) at all, and the content in its colours."""

    content: Tensor
    looks: list[Look]
    own: Tensor
    free: Tensor | None
    colours: Tensor


class Scene:
    """Content, styles and regions of a styling, and how their colours go together.

    colour "style": forms are compared in the style's colours, so the content is given them first.
    "histogram": the styles are given the content's colours. "luminance": all is grey, and the
    styles have the content's brightness and contrast.
    """

    def __init__(
        self,
        styling: Styling,
        reader: Reader,
        device: torch.device,
        breathe: Callable[[], object] = lambda: None,
    ) -> None:
        """Reads the pictures, `breathe` between them; UserErrors of imaging, styling.region,
        styling.too_many_pixels, styling.too_thin."""
        settings = styling.settings
        self._settings, self._device = settings, device
        window = settings.seen_through()
        self._content = reader.read(Path(styling.content_path), styling.content_frame, window)
        height, width = self._content.shape[:2]
        self.size = result_size(width, height, settings.size)
        self._styles: list[tuple[StyleSource, Seen]] = []
        self._regions: dict[str, Seen] = {}
        for source in styling.sources:
            breathe()
            self._styles.append((source, reader.read(Path(source.path), source.frame, window)))
            if source.region is not None and source.region not in self._regions:
                self._regions[source.region] = _region(reader, Path(source.region))

    def at(self, scale: Scale) -> View:
        """Everything at this scale, on the device."""
        colours = self._tensor(self._content, scale.width, scale.height)
        grey = self._settings.colour == "luminance"
        own = luminance(colours) if grey else colours
        shares = self._shares(scale)
        content, looks = own, []
        for region, share in shares.items():
            members = [each for each in self._styles if each[0].region == region]
            pictures = [self._style(seen, scale, grey) for _, seen in members]
            weights = [source.weight for source, _ in members]
            mine = moments(own, share)
            if self._settings.colour == "style":
                theirs = mixed([moments(picture) for picture in pictures], weights)
                moved = matched(own, mine, theirs)
                content = moved if share is None else content + share * (moved - own)
            else:
                pictures = [_given(picture, mine) for picture in pictures]
            looks.append(Look(pictures, weights, share))
        free = None
        if None not in self._regions_of_styles():
            free = torch.stack([share for share in shares.values() if share is not None]).sum(0)
        return View(_last(content), looks, _last(own), free, colours)

    def start(self, picture: Tensor, scale: Scale) -> Tensor:
        """A picture to go on from [1, 3, h, w] in 0..1, at this scale."""
        made = enlarged(picture.to(self._device), scale.width, scale.height).clamp(0, 1)
        return _last(luminance(made) if self._settings.colour == "luminance" else made)

    def _regions_of_styles(self) -> list[str | None]:
        return list(dict.fromkeys(source.region for source, _ in self._styles))

    def _shares(self, scale: Scale) -> dict[str | None, Tensor | None]:
        """How much of each pixel each region's styles have: all of it where they are alone, by
        their weights where some overlap. None: one look everywhere."""
        regions = self._regions_of_styles()
        if regions == [None]:
            return {None: None}
        weight = {r: sum(s.weight for s, _ in self._styles if s.region == r) for r in regions}
        masks = {region: self._mask(region, scale) for region in regions}
        total = torch.stack([weight[r] * masks[r] for r in regions]).sum(0).clamp_min(1e-6)
        return {r: masks[r] * (weight[r] * masks[r] / total) for r in regions}

    def _mask(self, region: str | None, scale: Scale) -> Tensor:
        if region is None:
            return torch.ones(1, 1, scale.height, scale.width, device=self._device)
        return self._tensor(self._regions[region], scale.width, scale.height)[:, :1]

    def _style(self, seen: Seen, scale: Scale, grey: bool) -> Tensor:
        height, width = seen.shape[:2]
        longest = max(self.size) * scale.part * self._settings.style_scale
        factor = longest / max(height, width)
        factor = max(factor, LEAST_STYLE / min(height, width))
        factor = min(factor, (MOST_PIXELS / (height * width)) ** 0.5)
        w, h = (max(LEAST_SIDE, round(side * factor)) for side in (width, height))
        picture = self._tensor(seen, w, h)
        return luminance(picture) if grey else picture

    def _tensor(self, seen: Seen, width: int, height: int) -> Tensor:
        unit = to_unit(resized(seen, width, height, "lanczos" if seen.ndim == 3 else "bilinear"))
        return _last(torch.from_numpy(unit).permute(2, 0, 1)[None].to(self._device))


def enlarged(picture: Tensor, width: int, height: int) -> Tensor:
    """[N, C, h, w] at another size; values may leave 0..1 a little."""
    if picture.shape[2:] == (height, width):
        return picture
    smaller = picture.shape[2] > height
    found: Tensor = torch.nn.functional.interpolate(
        picture, size=(height, width), mode="bicubic", align_corners=False, antialias=smaller
    )
    return found


def _last(picture: Tensor) -> Tensor:
    return picture.contiguous(memory_format=torch.channels_last)


def _given(picture: Tensor, wanted: Moments) -> Tensor:
    return _last(matched(picture, moments(picture), wanted))


def _region(reader: Reader, path: Path) -> Seen:
    """A region's mask, 8 bits as they are; UserError("styling.region") where it is empty."""
    seen = reader.read(path, 0, AUTO)
    if seen.ndim == 3:
        seen = to_unit(seen).mean(axis=2)
    if not bool(np.asarray(seen).any()):
        raise UserError("styling.region", file=str(path))
    return seen
