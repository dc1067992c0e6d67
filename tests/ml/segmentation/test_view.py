from __future__ import annotations

import numpy as np
import pytest

from tlstudio.catalog.index import find
from tlstudio.domain.errors import UserError
from tlstudio.domain.recipe import Recipe
from tlstudio.ml.runs.snapshot import LabelName, LearnSet
from tlstudio.ml.segmentation.data import class_places
from tlstudio.ml.segmentation.view import WHOLE, View, filled, filled_map

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


def view(size: int = 64, patch: int = 64, overlap: float = 0.25) -> View:
    return View(size, patch, overlap, MEAN, STD)


def test_a_whole_image_fills_the_window_and_small_differences_leave_it_alone() -> None:
    assert view(patch=WHOLE).scaled(640, 320) == (64, 32)
    assert view(patch=WHOLE).scaled(20, 10) == (64, 32)
    assert view(patch=WHOLE).scaled(60, 40) == (60, 40)


def test_a_patch_of_the_image_becomes_one_window() -> None:
    assert view(patch=128).scaled(640, 320) == (320, 160)
    assert view(patch=64).scaled(640, 321) == (640, 321)


@pytest.mark.parametrize("length", [10, 64, 65, 100, 300])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.9])
def test_windows_cover_a_side_evenly_with_at_least_the_overlap(length: int, overlap: float) -> None:
    found = view(overlap=overlap).starts(length)
    assert found[0] == 0 and found[-1] + 64 == max(length, 64)
    steps = np.diff(found)
    assert not len(steps) or steps.max() <= 64 * (1 - overlap) + 1
    assert len(set(found)) == len(found)


def test_an_image_smaller_than_a_window_is_mirrored_and_its_map_is_void_there() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    made = filled(pixels, 5)
    assert made.shape == (5, 5, 1)
    assert made[3:, :4, 0].tolist() == pixels[::-1, :, 0][:2].tolist()
    assert made[:3, 4, 0].tolist() == pixels[:, 3, 0].tolist()
    classes = filled_map(np.ones((3, 4), np.uint8), 5)
    assert (classes == 1).sum() == 12 and (classes == 255).sum() == 13
    assert filled(pixels, 2) is pixels


def test_the_facts_that_are_kept_give_the_view_again() -> None:
    made = View.of(find("unet:resnet18"), Recipe(image_size=128, patch=256, overlap=0.5))
    assert (made.size, made.patch, made.overlap) == (128, 256, 0.5)
    assert View.kept(made.to_json()) == made
    assert View.of(find("unet:resnet18"), Recipe()).patch == 256


def test_more_labels_than_a_map_holds_are_refused() -> None:
    labels = tuple(LabelName(n, f"l{n}") for n in range(1, 256))
    assert class_places(LearnSet(labels[:-1], {}, ()))[254] == 254
    with pytest.raises(UserError) as caught:
        class_places(LearnSet(labels, {}, ()))
    assert caught.value.code == "training.too_many_labels"
