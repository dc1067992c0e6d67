"""Features of the frozen backbone, from the cache where they are known."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.domain.events import Progressed
from tlstudio.ml.classification.feature_cache import FeatureCache
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.store import Places
from tlstudio.ml.zoo import Classifier

BATCH = 32
PART = 1024  # pictures in one part of the cache; a killed run loses at most so many


def backbone_hash(model: Classifier) -> str:
    """Hexadecimal sha256 of the backbone's tensors with their names: weights that differ in
    anything give features of their own."""
    digest = hashlib.sha256(type(model.backbone).__name__.encode())
    for name, tensor in sorted(model.backbone.state_dict().items()):
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def extract(
    model: Classifier,
    gallery: Gallery,
    places: Places,
    cache: FeatureCache | None,
    device: torch.device,
    reporter: Reporter,
    *,
    stage: str,
) -> NDArray[np.float32]:
    """[len(places), feature_dim] of the pictures at `places`, with the backbone in eval mode.

    `gallery` must be open, so that each file's hash is known.
    """
    rows: dict[int, NDArray[np.float32]] = {}
    if cache is not None:
        known = ((int(p), cache.get(gallery.hashes[p])) for p in places)
        rows = {place: row for place, row in known if row is not None}
    missing = np.array([p for p in places if int(p) not in rows], np.int64)
    fresh: list[int] = []
    clock = time.monotonic()
    for chosen, found in _computed(model, gallery, missing, device):
        rows.update(zip(chosen.tolist(), found, strict=True))
        fresh.extend(chosen.tolist())
        if cache is not None and len(fresh) >= PART:
            _keep(cache, gallery, fresh, rows)
            fresh = []
        reporter.check()
        done = len(rows) - len(places) + len(missing)
        left = (time.monotonic() - clock) / max(1, done) * (len(missing) - done)
        reporter.emit(Progressed(stage, len(rows), len(places), seconds_left=round(left, 1)))
    if cache is not None and fresh:
        _keep(cache, gallery, fresh, rows)
    if not len(places):
        return np.zeros((0, model.feature_dim), np.float32)
    return np.stack([rows[int(p)] for p in places])


def _computed(
    model: Classifier, gallery: Gallery, places: Places, device: torch.device
) -> Iterator[tuple[Places, NDArray[np.float32]]]:
    model.eval()
    batches = (places[at : at + BATCH] for at in range(0, len(places), BATCH))
    for chosen, pixels in gallery.stream(batches):
        with torch.inference_mode():
            found: Tensor = model.features(gallery.transform.normalise(pixels.to(device)))
        yield chosen, found.float().cpu().numpy()


def _keep(
    cache: FeatureCache, gallery: Gallery, places: list[int], rows: dict[int, NDArray[np.float32]]
) -> None:
    cache.add([gallery.hashes[p] for p in places], np.stack([rows[p] for p in places]))
