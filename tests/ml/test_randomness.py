from __future__ import annotations

import numpy as np

from tlstudio.ml.randomness import derive, permutation, uniforms


def test_a_seed_follows_from_its_parts_and_from_nothing_else() -> None:
    assert derive(1, "epoch", 2) == derive(1, "epoch", 2)
    assert len({derive(1, 23), derive(12, 3), derive("1", "2", "3"), derive(1, "epoch", 3)}) == 4


def test_what_is_drawn_for_a_place_does_not_depend_on_the_batch() -> None:
    all_rows = uniforms(7, np.arange(100), 5)
    some = uniforms(7, np.array([42, 3]), 5)
    assert (some == all_rows[[42, 3]]).all()


def test_uniforms_are_uniform_and_differ() -> None:
    drawn = uniforms(derive(0), np.arange(20_000), 4)
    assert drawn.min() >= 0 and drawn.max() < 1
    assert len(np.unique(drawn)) == drawn.size
    counts, _ = np.histogram(drawn, bins=16)
    expected = drawn.size / 16
    assert ((counts - expected) ** 2 / expected).sum() < 45  # chi-square, 15 degrees, p < 1e-4
    assert abs(np.corrcoef(drawn.T)[np.triu_indices(4, 1)]).max() < 0.03


def test_a_permutation_holds_each_number_once_and_changes_with_the_epoch() -> None:
    first, second = permutation(50, 0, 1), permutation(50, 0, 2)
    assert sorted(first.tolist()) == list(range(50))
    assert first.tolist() != second.tolist()
    assert first.tolist() == permutation(50, 0, 1).tolist()
