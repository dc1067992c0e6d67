"""Features of frozen backbones on disk: computed once for a file, a backbone and a transform."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from tlstudio.ml.files import replacing

LIMIT = 2 << 30  # bytes of all caches in one folder
Floats = NDArray[np.float32]


class FeatureCache:
    """Rows [width] float32 by sha256 of the image's file.

    Rows live in parts that are each written whole, so that two workers may write at once and a
    killed one leaves nothing torn. Beyond `limit` bytes the backbones used longest ago go first.
    """

    def __init__(self, folder: Path, weights: str, transform: str, *, limit: int = LIMIT) -> None:
        self._root = folder
        self._folder = folder / f"{weights[:24]}-{transform}"
        self._limit = limit
        self._rows: dict[str, Floats] | None = None

    def get(self, sha256: str) -> Floats | None:
        return self._loaded().get(sha256)

    def add(self, hashes: list[str], rows: Floats) -> None:
        """Keep rows [N, width] as one new part; a full disk costs the cache, not the run."""
        own = self._loaded()
        fresh = {h: row for h, row in zip(hashes, rows, strict=True) if h and h not in own}
        own.update(fresh)
        if not fresh or _size(self._folder) > self._limit:
            return
        names = np.array([bytes.fromhex(h) for h in fresh], dtype="S32").view("u1").reshape(-1, 32)
        try:
            with (
                replacing(self._folder / f"{uuid.uuid4().hex}.npz") as beside,
                beside.open("wb") as file,
            ):
                np.savez(file, names=names, rows=np.stack(list(fresh.values())))
        except OSError:
            return
        self._prune()

    def _loaded(self) -> dict[str, Floats]:
        if self._rows is None:
            self._rows = {}
            for part in sorted(self._folder.glob("*.npz")):
                self._rows.update(_read(part))
            if self._folder.is_dir():
                os.utime(self._folder, (time.time(), time.time()))
        return self._rows

    def _prune(self) -> None:
        sizes = {folder: _size(folder) for folder in self._root.iterdir() if folder.is_dir()}
        over = sum(sizes.values()) - self._limit
        for folder in sorted(sizes, key=lambda f: f.stat().st_mtime):
            if over <= 0:
                return
            if folder != self._folder:
                shutil.rmtree(folder, ignore_errors=True)
                over -= sizes[folder]


def _size(folder: Path) -> int:
    return sum(part.stat().st_size for part in folder.glob("*.npz"))


def _read(part: Path) -> dict[str, Floats]:
    """The rows of one part; a damaged one is removed, its rows are computed again."""
    try:
        with part.open("rb") as file, np.load(file, allow_pickle=False) as data:
            names, rows = data["names"], data["rows"]
        return {name.tobytes().hex(): row for name, row in zip(names, rows, strict=True)}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        part.unlink(missing_ok=True)
        return {}
