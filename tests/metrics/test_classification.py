"""Figures agree with scikit-learn where it defines them, and keep their promises elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from tlstudio.metrics.classification import OVERALL, Figures, figures, to_json
from tlstudio.metrics.intervals import Interval


def _names(n: int, each: int = 1) -> list[str]:
    return [f"g{i // each}" for i in range(n)]


def _some(
    rng: np.random.Generator, n: int, classes: int, missing: int | None = None, ties: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    p = rng.dirichlet(np.ones(classes), n)
    if ties:
        p = np.round(p * 4) + 0.25
        p /= p.sum(axis=1, keepdims=True)
    noise = rng.integers(0, classes, n)
    truth = np.where(rng.random(n) < 0.5, p.argmax(axis=1), noise)
    if missing is not None:
        truth[truth == missing] = (missing + 1) % classes
    return truth, p


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("missing", [None, 1])
@pytest.mark.parametrize("ties", [False, True])
def test_overall_figures_equal_scikit_learn(classes: int, missing: int | None, ties: bool) -> None:
    rng = np.random.default_rng(classes)
    truth, p = _some(rng, 83, classes, missing, ties)
    if classes == 2 and missing is not None:
        truth[:] = 0
    predicted = p.argmax(axis=1)
    found = figures(truth, p, _names(83)).overall
    present = sorted(set(truth.tolist()))
    macro = {"labels": present, "average": "macro", "zero_division": 0}
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(truth, predicted))
    assert found["precision"] == pytest.approx(sk.precision_score(truth, predicted, **macro))
    assert found["recall"] == pytest.approx(sk.recall_score(truth, predicted, **macro))
    assert found["f1"] == pytest.approx(sk.f1_score(truth, predicted, **macro))
    assert found["balanced_accuracy"] == found["recall"]
    areas = [sk.roc_auc_score(truth == k, p[:, k]) for k in present if len(present) > 1]
    expected = pytest.approx(np.mean(areas)) if areas else None
    assert found["auroc"] == expected


def test_confusion_and_per_label_equal_scikit_learn() -> None:
    truth, p = _some(np.random.default_rng(1), 120, 4)
    found = figures(truth, p, _names(120))
    predicted = p.argmax(axis=1)
    assert found.confusion == sk.confusion_matrix(truth, predicted, labels=range(4)).tolist()
    for k, row in enumerate(found.per_label):
        assert row.values["precision"] == pytest.approx(
            sk.precision_score(truth == k, predicted == k)
        )
        assert row.values["specificity"] == pytest.approx(
            sk.recall_score(truth != k, predicted != k)
        )
        assert row.values["auroc"] == pytest.approx(sk.roc_auc_score(truth == k, p[:, k]))
        assert row.images == int((truth == k).sum())


def test_calibration_error_by_hand() -> None:
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.3, 0.7], [0.3, 0.7]])
    found = figures([0, 1, 1, 1], p, _names(4))
    assert found.overall["ece"] == pytest.approx(0.5 * 0.4 + 0.5 * 0.3)


def test_undefined_is_none_and_never_zero() -> None:
    p = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1]])
    found = figures([0, 0], p, _names(2))
    assert found.overall["auroc"] is None
    assert found.overall["specificity"] is None
    assert found.per_label[1].values["recall"] is None
    assert found.per_label[1].values["precision"] is None
    assert found.per_label[1].intervals["recall"] == Interval.none("undefined")


def test_label_never_predicted_counts_zero_in_the_precision() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2]])
    found = figures([0, 1], p, _names(2))
    assert found.overall["precision"] == pytest.approx(0.25)
    assert found.per_label[1].values["precision"] is None


@st.composite
def _sets(draw: st.DrawFn) -> tuple[list[int], np.ndarray, list[str]]:
    classes = draw(st.integers(2, 4))
    n = draw(st.integers(1, 30))
    truth = draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n))
    rows = draw(
        st.lists(
            st.lists(st.integers(1, 5), min_size=classes, max_size=classes), min_size=n, max_size=n
        )
    )
    p = np.array(rows, dtype=float)
    groups = draw(st.lists(st.sampled_from("abcdefgh"), min_size=n, max_size=n))
    return truth, p / p.sum(axis=1, keepdims=True), groups


@settings(max_examples=60, deadline=None)
@given(_sets())
def test_every_set_gives_lawful_figures(
    case: tuple[list[int], np.ndarray, list[str]],
) -> None:
    truth, p, groups = case
    found = figures(truth, p, groups, resamples=50)
    for name in OVERALL:
        value, interval = found.overall[name], found.intervals[name]
        assert value is None or 0 <= value <= 1
        if interval.pair is not None:
            low, high = interval.pair
            assert 0 <= low <= value <= high <= 1
            assert high > low
    assert sum(map(sum, found.confusion)) == len(truth)
    order = np.random.default_rng(0).permutation(len(truth))
    again = figures(np.array(truth)[order], p[order], [groups[i] for i in order], resamples=50)
    assert again.overall == pytest.approx(found.overall)


def test_few_groups_of_several_images_are_refused_an_interval() -> None:
    truth, p = _some(np.random.default_rng(2), 300, 2)
    found = figures(truth, p, _names(300, each=5))
    assert found.groups == 60
    assert not found.enough_groups
    assert found.intervals["accuracy"] == Interval.none("too-few-groups")


def test_few_single_images_get_wilson() -> None:
    truth, p = _some(np.random.default_rng(3), 40, 2)
    found = figures(truth, p, _names(40))
    assert found.intervals["accuracy"].method == "wilson"
    assert found.intervals["recall"].method == "mover-wilson"
    assert found.intervals["auroc"].method == "too-few-groups"


def test_images_of_one_group_widen_the_interval() -> None:
    """Ten copies of each image hold no more knowledge than one."""
    truth, p = _some(np.random.default_rng(4), 200, 2)
    once = figures(truth, p, _names(200))
    copied = figures(np.repeat(truth, 10), np.repeat(p, 10, axis=0), _names(2000, each=10))
    width = [_width(f, "accuracy") for f in (once, copied)]
    assert copied.intervals["accuracy"].method == "bootstrap"
    assert width[1] == pytest.approx(width[0], rel=0.05)


def test_perfect_figures_still_have_width() -> None:
    truth = np.arange(400) % 2
    p = np.where(np.arange(2) == truth[:, None], 1.0, 0.0)
    found = figures(truth, p, _names(400))
    for name in OVERALL:
        assert _width(found, name) > 0.005
        assert found.intervals[name].method in ("wilson", "mover-wilson")


def test_rare_label_takes_the_claim_from_the_means_not_from_accuracy() -> None:
    truth = np.array([0] * 195 + [1] * 5)
    p = np.random.default_rng(5).dirichlet(np.ones(2), 200)
    found = figures(truth, p, _names(200))
    assert found.intervals["accuracy"].method == "bootstrap"
    assert found.intervals["f1"].method == "too-few-groups"
    assert found.intervals["balanced_accuracy"].method == "mover-wilson"


def test_same_seed_same_intervals() -> None:
    truth, p = _some(np.random.default_rng(6), 150, 3)
    assert figures(truth, p, _names(150), seed=7) == figures(truth, p, _names(150), seed=7)


@pytest.mark.parametrize(
    ("truth", "p", "groups"),
    [
        ([], np.zeros((0, 2)), []),
        ([0], np.zeros((2, 2)), ["a"]),
        ([2], np.ones((1, 2)), ["a"]),
        ([0], np.array([[np.nan, 1.0]]), ["a"]),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    truth: list[int], p: np.ndarray, groups: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        figures(truth, p, groups)


def test_json_keys() -> None:
    truth, p = _some(np.random.default_rng(8), 30, 2)
    data = to_json(figures(truth, p, _names(30)), ["cat", "dog"])
    assert set(data) >= {"metrics", "intervals", "groups", "per_label", "confusion"}
    assert data["confusion"]["labels"] == ["cat", "dog"]
    assert set(data["per_label"]) == {"cat", "dog"}


def _width(found: Figures, name: str) -> float:
    pair = found.intervals[name].pair
    assert pair is not None, name
    return pair[1] - pair[0]
