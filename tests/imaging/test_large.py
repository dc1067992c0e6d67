"""Images of a hundred megapixels open, in strips or in tiles, without being held many times."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tlstudio.imaging.levels import read_raw

ROOT = Path(__file__).resolve().parents[2]


def write_tiff(path: Path, pixels: NDArray[np.uint8], tile: int | None) -> None:
    """An uncompressed grey TIFF, in tiles or in strips of 64 rows."""
    height, width = pixels.shape
    if tile is None:
        blocks = [pixels[y : y + 64] for y in range(0, height, 64)]
    else:
        blocks = [
            np.pad(block, [(0, tile - block.shape[0]), (0, tile - block.shape[1])])
            for y in range(0, height, tile)
            for x in range(0, width, tile)
            for block in [pixels[y : y + tile, x : x + tile]]
        ]
    sizes = [block.size for block in blocks]
    with path.open("wb") as file:
        file.write(struct.pack("<2sHI", b"II", 42, 0))
        starts = []
        for block in blocks:
            starts.append(file.tell())
            file.write(np.ascontiguousarray(block).data)
        places = file.tell()
        file.write(struct.pack(f"<{len(blocks) * 2}I", *starts, *sizes))
        lengths = places + len(blocks) * 4
        tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (277, 1)]
        where = [(len(blocks), places), (len(blocks), lengths)]
        layout = [(273, *where[0]), (279, *where[1])]
        if tile is None:
            tags.append((278, 64))
        else:
            tags += [(322, tile), (323, tile)]
            layout = [(324, *where[0]), (325, *where[1])]
        entries = sorted([*((tag, 1, value) for tag, value in tags), *layout])
        directory = file.tell()
        file.write(struct.pack("<H", len(entries)))
        for entry in entries:
            file.write(struct.pack("<HHII", entry[0], 4, *entry[1:]))
        file.write(struct.pack("<I", 0))
        file.seek(4)
        file.write(struct.pack("<I", directory))


def ramps(width: int, height: int) -> NDArray[np.uint8]:
    across = np.arange(width, dtype=np.uint8)
    return across[None] ^ np.arange(height, dtype=np.uint8)[:, None]


@pytest.mark.parametrize("tile", [None, 128])
def test_strips_and_tiles_hold_the_same_picture(tile: int | None, tmp_path: Path) -> None:
    pixels = ramps(1000, 777)
    write_tiff(tmp_path / "a.tif", pixels, tile)
    assert np.array_equal(read_raw(tmp_path / "a.tif").values, pixels)


_OPEN = """
import resource, sys
from pathlib import Path
from tlstudio.imaging.levels import halved_until_small, read_raw
from tlstudio.imaging.resampling import resampled
from tlstudio.imaging.opencv import cv2
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
raw = read_raw(Path(sys.argv[1]))
levels = halved_until_small(raw.values)
w, h = raw.width, raw.height
seen = resampled(levels, w, h, (0, 0, w, h), (1000, 1000), smooth=False)
part = resampled(levels, w, h, (w - 500, h - 500, 500, 500), (500, 500), smooth=False)
assert seen.shape == (1000, 1000) and (part == raw.values[-500:, -500:]).all()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted on Linux")
@pytest.mark.parametrize("tile", [None, 512])
def test_a_hundred_megapixels_are_held_twice_at_most(tile: int | None, tmp_path: Path) -> None:
    """Once by the decoder and once as values; all smaller levels take a third more."""
    side = 10_240
    write_tiff(tmp_path / "a.tif", ramps(side, side), tile)
    done = subprocess.run(
        [sys.executable, "-c", _OPEN, str(tmp_path / "a.tif")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (tmp_path / "a.tif").unlink()
    grown = int(done.stdout) * 1024
    assert grown < side * side * 2.7
