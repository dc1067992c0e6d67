"""Recommended settings follow from what the images and objects of a set are like."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tlstudio.catalog import index
from tlstudio.domain.advice import Advice, is_automatic, recommend, settle
from tlstudio.domain.fingerprint import Fingerprint, Spread, chosen, parts_area, run_area
from tlstudio.domain.messages import MESSAGES, render
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.tasks import Task
from tlstudio.imaging.rle import encode

YOLO = index.find("yolo11n")


def row(
    boxes: list[tuple[float, float]], width: int = 640, height: int = 480, **more: Any
) -> dict[str, Any]:
    annotations = [
        {"kind": "box", "label": 1, "box": [0, 0, w, h], "crowd": False} for w, h in boxes
    ]
    made = {"width": width, "height": height, "mode": "RGB", "bit_depth": 8, "split": "train"}
    return {**made, "annotations": annotations, **more}


def square(side: float) -> list[list[list[list[float]]]]:
    return [[[[0, 0], [side, 0], [side, side], [0, side]]]]


def painted(side: float, width: int = 512, height: int = 512, label: int = 1) -> dict[str, Any]:
    shape = {"kind": "polygon", "label": label, "parts": square(side)}
    return row([], width, height, annotations=[shape])


def advice(rows: list[dict[str, Any]], task: Task, spec: ModelSpec = YOLO) -> dict[str, Advice]:
    found = recommend(Fingerprint.of(task, rows), spec, task)
    for name, each in found.items():
        assert each.code in MESSAGES
        assert "<" not in render(each.code, each.params), (name, each)
    return found


def test_a_fingerprint_says_what_the_training_images_are_like() -> None:
    rows = [row([(64, 64)] * 3), row([], 320, 240), row([(9, 9)], split="val")]
    found = Fingerprint.of(Task.DETECTION, rows)
    assert (found.images, found.empty, found.objects) == (2, 1, {1: 3})
    assert found.longer == Spread.of([640, 320])
    assert found.relative.median == pytest.approx(0.1)
    assert found.per_image.median == 3
    assert not found.grey
    assert "sizes" not in found.to_json()


def test_grey_and_deep_images_are_seen() -> None:
    found = Fingerprint.of(Task.SEGMENTATION, [{**painted(9), "mode": "I;16", "bit_depth": 16}])
    assert found.grey and found.bit_depth == 16


def test_of_many_images_the_same_few_are_looked_at() -> None:
    rows = [painted(9 + n) for n in range(1000)]
    seen = chosen(Task.SEGMENTATION, rows)
    assert len(seen) == 200
    assert seen == chosen(Task.SEGMENTATION, rows)
    assert chosen(Task.SEGMENTATION, []) == []


def test_areas_are_those_of_outlines_and_run_lengths() -> None:
    assert parts_area((*square(10), [*square(4)[0], *square(2)[0]])) == 100 + 16 - 4
    rng = np.random.default_rng(0)
    for shape in ((7, 5), (300, 200)):
        mask = rng.random(shape) < 0.4
        assert run_area(encode(mask)) == mask.sum()
    mask[:] = False
    mask[20:200, 30:150] = True
    assert run_area(encode(mask)) == mask.sum()
    shape = {"kind": "mask", "label": 2, "box": [30, 20, 120, 180], "rle": encode(mask)}
    found = Fingerprint.of(Task.SEGMENTATION, [row([], 200, 300, annotations=[shape])])
    assert found.covered == {2: mask.mean()}


def test_labels_that_are_not_learned_are_passed_over() -> None:
    rows = [painted(100), painted(2, label=7)]
    assert Fingerprint.of(Task.SEGMENTATION, rows, passed_over={7}).covered.keys() == {1}


@pytest.mark.parametrize(
    ("boxes", "size", "image", "code"),
    [
        ([(100, 100)], 640, (640, 480), "model"),
        ([(16, 16)], 1280, (2000, 1500), "small_objects"),
        ([(100, 100)], 320, (320, 240), "small_images"),
        ([], 640, (640, 480), "model"),
    ],
)
def test_the_size_of_a_detector_follows_its_objects(
    boxes: list[tuple[float, float]], size: int, image: tuple[int, int], code: str
) -> None:
    found = advice([row(boxes, *image)] * 10, Task.DETECTION)["image_size"]
    assert found.value == size
    assert found.code == f"defaults.image_size.{code}"
    assert YOLO.sizes.allows(found.value)


def test_tiny_objects_in_huge_images_ask_for_tiles() -> None:
    found = advice([row([(20, 20)], 8000, 6000)] * 10, Task.DETECTION)
    assert found["tile"].value > 0
    assert advice([row([(100, 100)])], Task.DETECTION)["tile"].value == -1


def of_two_labels(small: int) -> list[dict[str, Any]]:
    """Eight images of 1600 px with 50 objects of 50 px each, and `small` of 18 px in all."""
    rows = [row([(50, 50)] * 50, 1600, 1200) for _ in range(8)]
    for number in range(small):
        tiny = {"kind": "box", "label": 2, "box": [0, 0, 18, 18], "crowd": False}
        rows[number % 8]["annotations"].append(tiny)
    return rows


def test_a_rare_label_of_small_objects_is_seen_as_well() -> None:
    """They are a twentieth of the objects, and half of what the figures will tell of."""
    found = Fingerprint.of(Task.DETECTION, of_two_labels(20))
    assert found.relative.low == pytest.approx(50 / 1600)
    assert (found.small, found.small_side) == (pytest.approx(18 / 1600), 18)
    found = advice(of_two_labels(20), Task.DETECTION)
    assert (found["image_size"].value, found["tile"].value) == (640, 640)
    lite = index.find("ssdlite320_mobilenet_v3_large")
    assert advice(of_two_labels(20), Task.DETECTION, lite)["tile"].value > 0


def test_one_object_alone_does_not_decide() -> None:
    for few in (0, 1):
        assert advice(of_two_labels(few), Task.DETECTION)["tile"].value == -1


def test_segmentation_keeps_detail_by_pieces_unless_objects_are_large() -> None:
    own = advice([painted(60)] * 10, Task.SEGMENTATION)
    assert (own["image_size"].value, own["patch"].value) == (512, -1)
    detail = advice([painted(60, 4000, 3000)] * 10, Task.SEGMENTATION)
    assert (detail["image_size"].value, detail["patch"].value) == (512, 512)
    large = advice([painted(2000, 4000, 3000)] * 10, Task.SEGMENTATION)
    assert (large["image_size"].value, large["patch"].value) == (512, -1)


def test_a_rare_label_asks_for_a_focal_loss() -> None:
    common = [painted(300), painted(300, label=2)]
    assert advice(common, Task.SEGMENTATION)["loss"].value == "dice_ce"
    rare = [painted(300), painted(20, label=2)]
    assert advice(rare, Task.SEGMENTATION)["loss"].value == "dice_focal"


def test_small_sets_are_seen_more_often_in_smaller_batches() -> None:
    few = advice([row([(100, 100)])] * 12, Task.DETECTION)
    many = advice([row([(100, 100)])] * 6000, Task.DETECTION)
    assert few["epochs"].value > many["epochs"].value
    assert few["batch_size"].value < many["batch_size"].value
    assert many["augmentation"].value == "light"
    assert advice([row([(1, 1)])], Task.DETECTION)["batch_size"].value == 1


UNET = index.find("unet:resnet18")


def mask_row(side: int, area: float, border: float, image: int = 3000) -> dict[str, Any]:
    made = {"kind": "mask", "label": 1, "box": [0, 0, side, side], "area": area, "border": border}
    return row([], image, image, annotations=[made])


def test_vessels_that_reach_far_are_not_made_smaller() -> None:
    """Their box is large, they are not: 10 px thick and 60,000 long in 3000 px."""
    vessels = mask_row(2000, 600_000, 120_000 * 4 / np.pi)
    lung = mask_row(2000, 3e6, 8000)
    thin, thick = (advice([each] * 30, Task.SEGMENTATION, UNET) for each in (vessels, lung))
    assert thick["patch"].value == -1
    assert (thin["patch"].value, thin["patch"].code) == (512, "defaults.patch.thin")
    assert thin["patch"].params["thick"] == "10" and thin["patch"].params["left"] == "1.7"
    both = row([], 3000, 3000, annotations=vessels["annotations"] + lung["annotations"])
    both["annotations"][1]["label"] = 2
    assert advice([both] * 30, Task.SEGMENTATION, UNET)["patch"].value == 512


def test_outlines_have_a_thickness_too() -> None:
    line = {"kind": "polygon", "label": 1, "parts": [[[[0, 0], [400, 0], [400, 10], [0, 10]]]]}
    found = Fingerprint.of(Task.SEGMENTATION, [row([], 512, 512, annotations=[line])])
    assert found.thinnest == pytest.approx(2 * 4000 / 820)
    assert found.to_json()["thickness"] == {"1": found.thinnest}
    assert Fingerprint.of(Task.DETECTION, [row([(9, 9)])]).thinnest is None


def test_images_of_many_sizes_with_objects_of_one_are_shown_at_one_scale() -> None:
    small, large = painted(20, 256, 256), painted(22, 1200, 1200)
    mixed = advice([small] * 20 + [large] * 8, Task.SEGMENTATION, UNET)
    assert (mixed["patch"].value, mixed["patch"].code) == (256, "defaults.patch.mixed")
    zoomed = [painted(20, 256, 256)] * 20 + [painted(94, 1200, 1200)] * 8
    assert advice(zoomed, Task.SEGMENTATION, UNET)["patch"].value == -1
    assert advice([small] * 28, Task.SEGMENTATION, UNET)["patch"].value == -1


def test_a_coarse_model_is_shown_more_and_tiny_objects_twice_as_large() -> None:
    cells = [row([(40, 40)] * 4, 2000, 2000)] * 50
    lite = index.find("ssdlite320_mobilenet_v3_large")
    asked = Recipe.read({"image_size": 640}, Task.DETECTION)
    found = Fingerprint.of(Task.DETECTION, cells)
    assert recommend(found, YOLO, Task.DETECTION, asked)["tile"].value == -1
    assert recommend(found, lite, Task.DETECTION, asked)["tile"].value == 640
    tiny = Fingerprint.of(Task.DETECTION, [row([(8, 8)] * 4, 4000, 4000)] * 50)
    tile = recommend(tiny, YOLO, Task.DETECTION, asked)["tile"]
    assert (tile.value, tile.params["shown"]) == (320, 16)


def test_tiles_are_what_is_shown_not_images() -> None:
    rows = [row([(8, 8)] * 4, 4000, 3000)] * 20
    found = advice(rows, Task.DETECTION)
    assert found["tile"].value > 0
    assert (found["batch_size"].code, found["epochs"].code) == (
        "defaults.batch_size.tiles", "defaults.epochs.tiles",
    )  # fmt: skip
    assert found["epochs"].value == 15 and found["batch_size"].value >= 4
    assert found["epochs"].params["images"] > 20 * 12
    asked = Recipe.read({"tile": -1}, Task.DETECTION)
    whole = recommend(Fingerprint.of(Task.DETECTION, rows), YOLO, Task.DETECTION, asked)
    assert (whole["epochs"].value, whole["batch_size"].code) == (100, "defaults.batch_size")


def test_a_size_that_is_set_decides_on_tiles_pieces_batch_and_anchors() -> None:
    small = [row([(24, 24)] * 4, 4000, 3000)] * 50
    found = Fingerprint.of(Task.DETECTION, small)
    asked = Recipe.read({"image_size": 320}, Task.DETECTION)
    free, made = (recommend(found, YOLO, Task.DETECTION, r) for r in (None, asked))
    assert made["image_size"] == free["image_size"]
    assert made["tile"].value == 320 and made["tile"].params["object"] < 8
    assert made["batch_size"].value >= free["batch_size"].value
    lite = index.find("ssdlite320_mobilenet_v3_large")
    coarse, close = (
        recommend(found, lite, Task.DETECTION, Recipe.read(asked, Task.DETECTION))
        for asked in ({"tile": 512, "image_size": 640}, {"tile": 128, "image_size": 640})
    )
    assert coarse["anchors"].value != close["anchors"].value
    pieces = [painted(100, 3000, 3000) for _ in range(20)]
    found = Fingerprint.of(Task.SEGMENTATION, pieces)
    unet = index.find("unet:resnet18")
    asked = Recipe.read({"image_size": 256}, Task.SEGMENTATION)
    assert recommend(found, unet, Task.SEGMENTATION)["patch"].value == 512
    made = recommend(found, unet, Task.SEGMENTATION, asked)
    assert made["patch"].value == 256
    assert made["patch"].params["size"] == 256


def test_only_detectors_with_anchors_are_advised_on_them() -> None:
    rows = [row([(100, 100)])] * 12
    for name, has in (("yolo11n", False), ("fcos_resnet50_fpn", False), ("ssd300_vgg16", True)):
        assert ("anchors" in advice(rows, Task.DETECTION, index.find(name))) is has


def test_only_what_was_left_automatic_is_settled() -> None:
    found = advice([row([(100, 100)])] * 12, Task.DETECTION)
    asked = Recipe.read({"image_size": 320}, Task.DETECTION)
    made = settle(asked, found, Task.DETECTION)
    assert made.image_size == 320
    assert made.epochs == found["epochs"].value
    assert made.augmentation == "medium"
    assert made.tile == -1
    assert not is_automatic(asked, "image_size", Task.DETECTION)
    assert is_automatic(asked, "anchors", Task.DETECTION)
    assert Recipe.read(made.to_json(Task.DETECTION), Task.DETECTION) == made
    assert recommend(Fingerprint.of(Task.CLASSIFICATION, []), YOLO, Task.CLASSIFICATION) == {}


def test_regions_that_reach_all_over_are_learned_from_pieces() -> None:
    tissue = advice([painted(512)] * 20, Task.SEGMENTATION)
    assert tissue["patch"].value == tissue["image_size"].value == 256
    assert tissue["patch"].code == "defaults.patch.everywhere"
    assert advice([painted(300, 320, 320)] * 20, Task.SEGMENTATION)["patch"].value == -1


def sized(rows: list[dict[str, Any]], task: Task, **asked: int) -> Advice:
    found = Fingerprint.of(task, rows)
    return recommend(found, YOLO, task, Recipe.read(asked, task))["image_size"]


def test_pieces_that_a_person_wants_are_shown_as_large_as_they_are() -> None:
    rows = [painted(60, 4000, 3000)] * 10
    assert sized(rows, Task.SEGMENTATION, patch=256).value == 256
    whole = sized(rows, Task.SEGMENTATION, patch=-1)
    assert (whole.value, whole.code) == (512, "defaults.image_size.shrunk")
    tissue = [painted(500, 512, 512)] * 10
    assert sized(tissue, Task.SEGMENTATION).value == 256
    assert sized(tissue, Task.SEGMENTATION, patch=-1).value == 512


def test_tiles_that_a_person_wants_are_seen_as_images_are() -> None:
    rows = [row([(24, 24)] * 4, 4000, 3000)] * 50
    assert sized(rows, Task.DETECTION).value == 1280
    assert sized(rows, Task.DETECTION, tile=-1).value == 1280
    assert sized(rows, Task.DETECTION, tile=640).value == 640
