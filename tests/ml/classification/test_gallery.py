from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tlstudio.domain.errors import Cancelled
from tlstudio.ml.classification.data import Picture
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.classification.pixels import Transform, batch_of
from tlstudio.ml.reporter import Orders, Reporter

TRANSFORM = Transform(16, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


@pytest.fixture
def pictures(tmp_path: Path) -> list[Picture]:
    rng = np.random.default_rng(0)
    made = []
    for number in range(6):
        path = tmp_path / f"{number}.png"
        Image.fromarray(rng.integers(0, 255, (20, 30, 3), np.uint8)).save(path)
        made.append(Picture(str(number), path, hashlib.sha256(path.read_bytes()).hexdigest()))
    return made


def everything(gallery: Gallery) -> torch.Tensor:
    batches = [np.array([4, 1, 1]), np.array([0, 5])]
    found = list(gallery.stream(batches))
    assert [places.tolist() for places, _ in found] == [[4, 1, 1], [0, 5]]
    return torch.cat([pixels for _, pixels in found])


def test_pixels_are_the_same_whether_kept_partly_kept_or_decoded(pictures: list[Picture]) -> None:
    seen = []
    for limit in (None, 3 * 16 * 16 * 2, 0):
        with Gallery(pictures, TRANSFORM, limit=limit) as gallery:
            assert gallery.open(Reporter(), stage="s") == []
            seen.append(everything(gallery))
    assert seen[0].shape == (5, 3, 16, 16) and seen[0].dtype == torch.uint8
    assert torch.equal(seen[0], seen[1]) and torch.equal(seen[0], seen[2])
    assert torch.equal(seen[0][0], batch_of([TRANSFORM.read(pictures[4].path)])[0])


def test_changed_missing_and_broken_files_are_named_and_the_rest_is_usable(
    pictures: list[Picture], tmp_path: Path
) -> None:
    Image.new("RGB", (9, 9)).save(pictures[1].path)
    pictures[2].path.unlink()
    pictures[3].path.write_bytes(b"no image")
    broken = Picture("3", pictures[3].path, None)
    with Gallery([*pictures[:3], broken, *pictures[4:]], TRANSFORM) as gallery:
        refused = gallery.open(Reporter(), stage="s")
        assert gallery.usable.tolist() == [True, False, False, False, True, True]
        assert gallery.hashes[0] == pictures[0].sha256
    codes = {r.picture.key: r.code for r in refused}
    assert codes["1"] == "training.image_changed" and codes["2"] == "data.file_missing"
    assert codes["3"].startswith("data.")


def test_opening_can_be_cancelled(pictures: list[Picture]) -> None:
    orders = Orders()
    orders.cancel.set()
    with Gallery(pictures, TRANSFORM) as gallery, pytest.raises(Cancelled):
        gallery.open(Reporter(orders=orders), stage="s")


def test_the_whole_picture_is_squashed_and_normalised_as_numpy_and_pillow_would(
    pictures: list[Picture],
) -> None:
    pixels = batch_of([TRANSFORM.read(pictures[0].path)])
    with Image.open(pictures[0].path) as image:
        plain = np.asarray(image.convert("RGB").resize((16, 16), Image.Resampling.BILINEAR))
    expected = (plain.astype(np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(0.25)
    assert np.abs(TRANSFORM.normalise(pixels)[0].permute(1, 2, 0).numpy() - expected).max() < 1e-6


def test_a_transform_that_differs_has_another_name() -> None:
    other = Transform(16, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), "bicubic")
    assert TRANSFORM.hash != other.hash
