"""What a bundle does around its model is what the program does, number by number."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tlstudio.imaging import rle
from tlstudio.metrics.detection import Found
from tlstudio.ml.detection import tiles
from tlstudio.ml.detection.canvas import Canvas
from tlstudio.ml.export import find_boxes, paint_regions, tell_shapes
from tlstudio.ml.export.regions import aligned
from tlstudio.ml.runs.packing import pack
from tlstudio.ml.segmentation.view import View, filled
from tlstudio.ml.segmentation.windows import AT_ONCE, LEAST, SIGMA, asking, probabilities
from tlstudio.ml.ultralytics import letterbox, suppression

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIZES = [(1, 1), (7, 300), (64, 64), (65, 63), (301, 97), (640, 481)]


def boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    corner = rng.uniform(0, 60, (count, 2))
    return np.concatenate([corner, corner + rng.uniform(4, 40, (count, 2))], axis=1)


@pytest.mark.parametrize("seed", range(12))
def test_suppression_keeps_the_same_boxes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 400))
    corners = boxes(rng, count).astype(np.float32).reshape(-1, 4)
    labels = rng.integers(0, 3, count)
    overlap, most = rng.uniform(0.3, 0.8), int(rng.integers(1, 200))
    ours = suppression.suppressed(corners, labels, overlap=overlap, most=most)
    assert find_boxes.suppressed(corners, labels, overlap, most).tolist() == ours.tolist()


@pytest.mark.parametrize("shape", [(6, 500), (9, 6), (5, 84), (300, 6)])
def test_raw_answers_become_the_same_boxes(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(shape[1])
    answer = rng.uniform(0, 1, shape).astype(np.float32)
    answer[:4] *= 60
    if shape[0] == 300:
        answer[:, 5] = rng.integers(0, 4, 300)
    after = {
        "floor": suppression.FLOOR,
        "most": suppression.MOST,
        "same": suppression.OVERLAP,
        "candidates": suppression.CANDIDATES,
    }
    ours, theirs = suppression.boxes_of(answer), find_boxes.boxes_of(answer, after)
    assert len(ours[1])
    for first, second in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("size", SIZES)
def test_the_square_and_the_canvas_hold_the_same_pixels(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    square, place = letterbox.letterboxed(image, 96)
    theirs, gains, corner = find_boxes.letterboxed(image, 96, letterbox.GREY)
    np.testing.assert_array_equal(square, theirs)
    assert (*gains, *corner) == (place.gain_x, place.gain_y, place.left, place.top)

    canvas = Canvas(80, 112, MEAN, STD)
    for seen in (image, image[..., 0], (image[..., 0] / 255).astype(np.float32)):
        rules = {"steps": "corner-1", "height": 80, "width": 112, "mean": MEAN, "std": STD}
        rules |= {"tile": -1, "overlap": 0.0}
        given: list[np.ndarray] = []

        def ask(values: np.ndarray, into: list[np.ndarray] = given) -> Any:
            into.append(values)
            return np.zeros((0, 4), "f4"), np.zeros(0, "f4"), np.zeros(0, "i8")

        facts = {"preprocessing": rules, "postprocessing": {"floor": 0.001, "most": 300}}
        found = find_boxes.Finder(facts, ask).find(seen)
        assert (found.width, found.height, len(found.scores)) == (*size, 0)
        np.testing.assert_array_equal(given[0], canvas.place([canvas.fit(seen)]).numpy())


@pytest.mark.parametrize("seed", range(8))
def test_pieces_are_cut_and_put_together_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    width, height = (int(v) for v in rng.integers(50, 400, 2))
    tile, overlap = int(rng.integers(40, 160)), rng.uniform(0, 0.6)
    pieces = find_boxes.pieces_of(width, height, tile, overlap)
    assert pieces == tiles.regions_of(width, height, tile, overlap)
    founds = []
    for x, y, w, h in pieces:
        corner = rng.uniform(0, 1, (30, 2)) * [w, h]
        end = np.minimum(corner + rng.uniform(3, 60, (30, 2)), [w, h])
        where = np.concatenate([corner + np.array([x, y]), end - corner], axis=1)
        founds.append(Found.of(where, rng.integers(0, 2, 30), rng.uniform(0, 1, 30)))
    ours = tiles.merged(founds, pieces, width, height)
    if len(pieces) == 1:
        return
    rules = {"same": tiles.SAME, "part": tiles.PART, "near": tiles.NEAR}
    told = [(f.boxes, f.labels, f.scores) for f in founds]
    theirs = find_boxes.merged(told, pieces, width, height, rules)
    for first, second in zip((ours.boxes, ours.labels, ours.scores), theirs, strict=True):
        np.testing.assert_array_equal(first, second)


class Wavy(torch.nn.Module):
    """Answers that hang on the place in the window and on the pixels, so that blending shows."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        size = images.shape[-1]
        ramp = torch.linspace(-2, 2, size)
        first = images[:, 0] + ramp
        second = images[:, 1] * 2 - ramp[:, None]
        return torch.stack([first, second, images.mean(dim=1)], dim=1)


@pytest.mark.parametrize("size", [(20, 30), (64, 64), (333, 150), (500, 410)])
@pytest.mark.parametrize(
    ("patch", "overlap", "flips"),
    [(64, 0.25, True), (40, 0.5, False), (100, 0.0, False), (-1, 0.25, True)],
)
@pytest.mark.parametrize("deep", [False, True])
def test_windows_are_blended_alike(
    size: tuple[int, int], patch: int, overlap: float, flips: bool, deep: bool
) -> None:
    rng = np.random.default_rng(size[0])
    width, height = size
    seen: Any = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if deep:
        seen = rng.random((height, width), dtype=np.float32)
    model, view = Wavy(), View(64, patch, overlap, MEAN, STD)
    scaled = view.scale(seen)
    bands = probabilities(
        asking(model, view, flips=flips),
        filled(pack(scaled), view.size),
        (scaled.shape[0], scaled.shape[1]),
        (height, width),
        view,
        torch.device("cpu"),
    )
    ours = torch.cat(list(bands), dim=1).numpy()
    facts = {
        "preprocessing": view.to_json() | {"size": 64},
        "postprocessing": {
            "flips": flips,
            "at_once": AT_ONCE,
            "blending": {"sigma": SIGMA, "least": LEAST},
        },
    }

    def ask(values: np.ndarray) -> list[np.ndarray]:
        return [model(torch.from_numpy(values)).numpy()]

    painter = paint_regions.Painter(facts, ask)
    theirs = painter.likely(seen)
    assert theirs.shape == ours.shape == (3, height, width)
    np.testing.assert_allclose(theirs, ours, atol=1e-4)  # torch counts places in single precision
    assert np.mean(paint_regions.map_of(theirs) != ours.argmax(axis=0)) < 1e-4
    painted, sure = painter.paint(seen)
    assert np.array_equal(painted, paint_regions.map_of(theirs))
    means = [theirs[n][painted == n].mean() if (painted == n).any() else 0 for n in range(3)]
    np.testing.assert_allclose(sure, means, atol=1e-5)


@pytest.mark.parametrize("seed", range(10))
def test_run_lengths_are_those_of_the_program(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(int(v) for v in rng.integers(1, 300, 2))
    mask = rng.random(shape) < (0.5 if seed % 2 else 0.002)
    mask[: shape[0] // 2] |= seed % 3 == 0
    assert paint_regions.encode(mask) == rle.encode(mask)


def test_agreement_of_boxes_is_one_to_one() -> None:
    rules = {"pixels": 0.5, "score": 1e-3, "lonely": 0.01, "floor": 0.001}
    rules["threshold"] = 0.5

    def told(*rows: tuple[float, float, int]) -> find_boxes.Boxes:
        return find_boxes.Boxes(
            *(100, 100),
            np.array([[x, 10, 20, 20] for x, _, _ in rows]).reshape(-1, 4),
            np.array([label for *_, label in rows], int),
            np.array([score for _, score, _ in rows], float),
        )

    def agreement(first: Any, second: Any) -> tell_shapes.Agreement:
        made = tell_shapes.Agreement()
        tell_shapes.compare(first, second, rules, made)
        return made

    some = told((5, 0.9, 0), (5.2, 0.9, 0), (60, 0.3, 1))
    same = agreement(some, some)
    assert (same.matched, same.lonely, same.pixels, same.fine(rules)) == (3, 0, 0, True)
    one = agreement(some, told((5, 0.9, 0), (60, 0.3, 1)))
    assert (one.matched, one.lonely, one.sure, one.fine(rules)) == (2, 1, 1, False)
    other = agreement(told((5, 0.9, 0)), told((5, 0.9, 1)))
    assert (other.matched, other.sure) == (0, 2)
    unsure = agreement(told((5, 0.9, 0), (40, 0.0015, 0)), told((5, 0.9, 0)))
    assert (unsure.lonely, unsure.fine(rules)) == (0, True)  # the other side's floor may cut it
    assert not agreement(told((5, 0.3, 0)), told()).fine(rules)
    doubled = agreement(told((5, 0.3, 0), (9, 0.2, 0)), told((5, 0.3, 0)))
    assert (doubled.lonely, doubled.fine(rules)) == (0, True)  # one of them may be suppressed
    other = agreement(told((5, 0.3, 0), (9, 0.2, 1)), told((5, 0.3, 0)))
    assert (other.lonely, other.fine(rules)) == (1, False)
    moved = agreement(told((5, 0.3, 0)), told((9, 0.3, 0)))
    assert (moved.lonely, moved.fine(rules)) == (2, False)
    cut = told((5, 0.9, 0))
    cut.end = 0.7  # a full list of a piece: the rest of it is unknown
    assert agreement(told((5, 0.9, 0), (60, 0.7, 0)), cut).fine(rules)
    assert not agreement(told((5, 0.9, 0), (60, 0.8, 0)), cut).fine(rules)


@pytest.mark.parametrize("tile", [-1, 40])
def test_every_piece_may_be_full(tile: int) -> None:
    rules = {"steps": "corner-1", "height": 40, "width": 40, "mean": MEAN, "std": STD}
    rules |= {"tile": tile, "overlap": 0.0}
    after = {"floor": 0.001, "most": 4, "pieces": {"same": 0.5, "part": 0.6, "near": 2.0}}

    def ask(values: np.ndarray) -> Any:
        corner = np.array([[1, 5], [11, 5], [1, 25], [11, 25]], np.float32)
        scores = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
        return np.concatenate([corner, corner + 8], axis=1), scores, np.zeros(4, np.int64)

    facts = {"preprocessing": rules, "postprocessing": after}
    found = find_boxes.Finder(facts, ask).find(np.zeros((80, 40, 3), np.uint8))
    assert len(found.scores) == (4 if tile < 0 else 8)
    assert found.end == found.surest(0.5).end == pytest.approx(0.6)


def test_agreement_of_maps_is_the_worst_label() -> None:
    first = np.zeros((10, 10), np.uint8)
    first[:5], first[5] = 1, 2
    second = first.copy()
    second[5, :5] = 0
    made = paint_regions.Agreement(3)
    made.add(first, second)
    assert (made.pixels, made.differ, made.share) == (100, 5, 0.05)
    assert made.dice == pytest.approx(2 * 5 / 15)


def test_names_in_other_scripts_and_missing_colours_can_be_drawn() -> None:
    labels = [{"name": "細胞", "colour": None}, {"name": "naïve", "colour": "#102030"}]
    colours = tell_shapes.colours_of(labels)
    assert colours == [(0xE6, 0x9F, 0x00), (0x10, 0x20, 0x30)]
    found = find_boxes.Boxes(
        *(60, 50),
        np.array([[5.0, 20.0, 30.0, 20.0], [70.0, 60.0, 0.2, 0.2]]),
        np.array([1, 0]),
        np.array([0.9, 0.8]),
    )
    blank = np.zeros((50, 60, 3), np.uint8)
    drawn = np.asarray(tell_shapes.drawn_boxes(blank, found, ["細胞", "naïve"], colours))
    assert tuple(drawn[39, 20]) == (0x10, 0x20, 0x30)


@pytest.mark.parametrize("name", ["predict", "find_boxes", "paint_regions", "tell_shapes"])
def test_the_programs_are_written_for_python_3_9(name: str) -> None:
    source = Path(find_boxes.__file__).with_name(f"{name}.py").read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    wanted = {"numpy", "onnxruntime", "PIL", *sys.stdlib_module_names}
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert {each.split(".")[0] for each in names} <= wanted
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "zip" or not any(k.arg == "strict" for k in node.keywords)
        assert not isinstance(node, ast.Match)
    assert "from __future__ import annotations" in source


def test_pictures_in_pieces_of_other_heights_are_held_against_each_other() -> None:
    whole = np.arange(2 * 10 * 3, dtype=np.float32).reshape(2, 10, 3)

    def pieces(*heights: int) -> list[np.ndarray]:
        return np.split(whole, np.cumsum(heights)[:-1], axis=1)

    pairs = list(aligned(pieces(4, 6), pieces(3, 3, 4)))
    assert [one.shape[1] for one, _ in pairs] == [3, 1, 2, 4]
    assert all(np.array_equal(one, other) for one, other in pairs)
    assert np.array_equal(np.concatenate([one for one, _ in pairs], axis=1), whole)
    for shorter, longer in ((pieces(10), pieces(4, 6)[:1]), (pieces(4, 6)[:1], pieces(10))):
        with pytest.raises(ValueError, match="rows"):
            list(aligned(shorter, longer))
