"""Figures of segmenters: counts that add up, borders and distances, intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tlstudio.metrics import segmentation
from tlstudio.metrics.borders import border, distances
from tlstudio.metrics.segmentation import count, evaluate, summary

CROSS = ndimage.generate_binary_structure(2, 1)


def blobs(
    rng: np.random.Generator, shape: tuple[int, int], share: float, smooth: float
) -> np.ndarray:
    field = ndimage.gaussian_filter(rng.normal(size=shape), smooth)
    return field > np.quantile(field, 1 - share)


def pair(
    rng: np.random.Generator, shape: tuple[int, int] = (90, 120)
) -> tuple[np.ndarray, np.ndarray]:
    """A truth with two labels and void, and an answer that is near it."""
    truth = np.zeros(shape, np.uint8)
    truth[blobs(rng, shape, 0.3, 6)] = 1
    truth[blobs(rng, shape, 0.1, 5)] = 2
    found = np.roll(truth, (2, 3), (0, 1)).copy()
    found[blobs(rng, shape, 0.05, 4)] = 1
    truth[blobs(rng, shape, 0.05, 5)] = 255
    return truth, found


def edge(mask: np.ndarray) -> np.ndarray:
    return mask & ~ndimage.binary_erosion(mask, CROSS)


@pytest.mark.parametrize("seed", range(4))
def test_distances_between_borders_are_those_of_a_distance_transform(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = (edge(blobs(rng, (70, 130), share, 5)) for share in (0.3, 0.02))
    for of, to in ((one, two), (two, one)):
        wanted = ndimage.distance_transform_edt(~to)[of]
        np.testing.assert_allclose(distances(of, to), wanted, atol=1e-12)


def test_borders_are_what_an_erosion_takes_away() -> None:
    rng = np.random.default_rng(0)
    for shape in ((40, 60), (1, 7), (2, 2)):
        mask = rng.random(shape) < 0.7
        assert (border(mask, np.zeros_like(mask)) == edge(mask)).all()


def test_no_border_runs_along_void() -> None:
    mask, void = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    mask[2:7, 2:5], void[2:7, 5:8] = True, True
    assert not border(mask, void)[3:6, 4].any()
    assert border(mask, void)[3:6, 2].all()


@pytest.mark.parametrize("seed", range(3))
def test_hausdorff_and_boundary_f1_by_the_slow_way(seed: int) -> None:
    truth, found = pair(np.random.default_rng(seed))
    truth[truth == 255] = 0
    counts = count(truth, found, 2)
    figures = evaluate([counts], ["a", "b"], ["g"])
    tolerance = 0.0075 * np.hypot(90, 120)
    for k in (1, 2):
        t, f = edge(truth == k), edge(found == k)
        back = ndimage.distance_transform_edt(~f)[t]
        there = ndimage.distance_transform_edt(~t)[f]
        wanted = max(
            np.percentile(back, 95, method="inverted_cdf"),
            np.percentile(there, 95, method="inverted_cdf"),
        )
        precision, recall = (there <= tolerance).mean(), (back <= tolerance).mean()
        row = figures.per_label[k - 1]
        assert row.values["hd95"] == pytest.approx(wanted)
        assert row.values["boundary_f1"] == pytest.approx(
            2 * precision * recall / (precision + recall)
        )


def test_pixel_figures_by_the_slow_way() -> None:
    rng = np.random.default_rng(1)
    pairs = [pair(rng) for _ in range(5)]
    figures = evaluate([count(t, f, 2) for t, f in pairs], ["a", "b"], list("vwxyz"))
    truth = np.stack([t for t, _ in pairs])
    found = np.stack([f for _, f in pairs])
    seen = truth != 255
    dice, iou = [], []
    for k in (1, 2):
        t, f = (truth == k) & seen, (found == k) & seen
        dice.append(2 * (t & f).sum() / (t.sum() + f.sum()))
        iou.append((t & f).sum() / (t | f).sum())
        row = figures.per_label[k - 1]
        assert row.values["dice"] == pytest.approx(dice[-1])
        assert row.values["recall"] == pytest.approx((t & f).sum() / t.sum())
        assert row.values["precision"] == pytest.approx((t & f).sum() / f.sum())
        own = [2 * (t[i] & f[i]).sum() / (t[i].sum() + f[i].sum()) for i in range(5)]
        assert row.values["dice_per_image"] == pytest.approx(np.mean(own))
        assert figures.image_label_dice[:, k - 1] == pytest.approx(own)
    assert figures.overall["dice"] == pytest.approx(np.mean(dice))
    assert figures.overall["iou"] == pytest.approx(np.mean(iou))
    assert figures.overall["pixel_accuracy"] == pytest.approx((truth == found)[seen].mean())
    assert np.sum(figures.confusion) == seen.sum()
    assert figures.confusion[2][2] == ((truth == 0) & (found == 0)).sum()
    assert figures.confusion[0][1] == ((truth == 1) & (found == 2)).sum()


def test_what_lies_in_void_changes_nothing() -> None:
    truth, found = pair(np.random.default_rng(2))
    other = np.where(truth == 255, 2, found).astype(np.uint8)
    one, two = count(truth, found, 2), count(truth, other, 2)
    assert (one.pixels == two.pixels).all()


def test_a_label_on_one_side_alone_has_dice_nought_and_no_distance() -> None:
    empty, full = np.zeros((20, 20), np.uint8), np.zeros((20, 20), np.uint8)
    full[5:9, 5:9] = 1
    pairs = [(full, full), (full, empty), (empty, full), (empty, empty)]
    figures = evaluate([count(t, f, 1) for t, f in pairs], ["a"], list("wxyz"))
    row = figures.per_label[0]
    assert figures.image_dice == [1.0, 0.0, 0.0, None]
    assert figures.overall["dice_per_image"] == pytest.approx(1 / 3)
    assert (row.values["hd95"], row.one_sided, row.images) == (0.0, 2, 2)
    assert figures.overall["dice"] == pytest.approx(0.5)


def test_a_label_that_never_occurs_is_unknown_and_in_no_mean() -> None:
    truth, found = pair(np.random.default_rng(3))
    counts = [count(truth, found, 3)]
    figures = evaluate(counts, ["a", "b", "c"], ["g"])
    assert figures.per_label[2].values["dice"] is None
    assert figures.per_label[2].intervals["dice"].method == "undefined"
    two = evaluate([count(truth, found, 2)], ["a", "b"], ["g"])
    assert figures.overall["dice"] == two.overall["dice"]
    assert summary(counts)["dice"] == pytest.approx(two.overall["dice"])


def test_nothing_found_has_a_boundary_f1_of_nought() -> None:
    truth = np.zeros((30, 30), np.uint8)
    truth[3:20, 3:20] = 1
    figures = evaluate([count(truth, np.zeros_like(truth), 1)], ["a"], ["g"])
    assert figures.overall["boundary_f1"] == 0.0 and figures.overall["hd95"] is None
    nothing = evaluate([count(truth * 0, truth * 0, 1)], ["a"], ["g"])
    assert nothing.overall["dice"] is None and nothing.overall["pixel_accuracy"] == 1.0


def test_without_edges_the_pixels_are_the_same() -> None:
    truth, found = pair(np.random.default_rng(4))
    quick, whole = count(truth, found, 2, edges=False), count(truth, found, 2)
    assert (quick.pixels == whole.pixels).all() and not quick.borders.any()
    assert summary([quick]) == summary([whole])


def test_intervals_by_the_number_of_groups() -> None:
    rng = np.random.default_rng(5)
    counts = [count(*pair(rng, (40, 50)), 2) for _ in range(30)]
    few = evaluate(counts[:6], ["a", "b"], list("abcdef"))
    assert few.intervals["dice"].method == "too-few-groups"
    some = evaluate(counts, ["a", "b"], list(map(str, range(30))))
    assert some.intervals["dice"].method == "jackknife"
    many = evaluate(counts * 4, ["a", "b"], list(map(str, range(120))))
    assert many.intervals["dice"].method == "bootstrap" and many.enough_groups
    assert some.intervals["dice_per_image"].method == "too-few-groups"
    for found in (some, many):
        for name in segmentation.OVERALL:
            if found is some and name == "dice_per_image":
                continue
            low, high = found.intervals[name].pair or (0.0, 0.0)
            assert low < (found.overall[name] or 0.0) < high
    right = evaluate([count(t, t, 1) for t in [np.eye(9, dtype=np.uint8)] * 120], ["a"],
                     list(map(str, range(120))))  # fmt: skip
    low, high = right.intervals["dice"].pair or (1.0, 1.0)
    assert low < 0.98 and high == 1.0
    assert right.intervals["hd95"].pair is None


def test_what_does_not_fit_is_refused() -> None:
    flat = np.zeros((4, 4), np.uint8)
    with pytest.raises(ValueError, match="place"):
        count(flat + 3, flat, 2)
    with pytest.raises(ValueError, match="place"):
        count(flat, flat + 255, 2)
    with pytest.raises(ValueError, match="maps"):
        count(flat, flat[:2], 2)
    with pytest.raises(ValueError, match="table"):
        evaluate([count(flat, flat, 2)], ["a"], ["g"])
