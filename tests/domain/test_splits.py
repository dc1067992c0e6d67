"""Dividing into train, val and test: the promises hold for any images."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.splits import SplitItem, divide, wanted_fractions

USUAL = wanted_fractions(0.15, 0.15)

_ITEMS = st.lists(
    st.tuples(
        st.integers(0, 12),  # group
        st.integers(0, 30),  # pixels
        st.sets(st.integers(0, 4), min_size=1, max_size=2),
        st.sampled_from([None, None, None, None, Split.TRAIN, Split.TEST]),
    ),
    max_size=60,
).map(
    lambda rows: [
        SplitItem(i, (("g", g), ("p", p)), tuple(sorted(labels)), fixed)
        for i, (g, p, labels, fixed) in enumerate(rows)
    ]
)


def _joined(items: list[SplitItem]) -> list[set[int]]:
    """Ids that share a key, directly or through others; the plain way."""
    sets: list[tuple[set[object], set[int]]] = []
    for item in items:
        keys, ids = set(item.keys), {item.id}
        apart = []
        for other_keys, other_ids in sets:
            if other_keys & keys:
                keys, ids = keys | other_keys, ids | other_ids
            else:
                apart.append((other_keys, other_ids))
        sets = [*apart, (keys, ids)]
    return [ids for _, ids in sets]


@settings(deadline=None, max_examples=150)
@given(_ITEMS, st.integers(0, 5))
def test_any_division_is_whole_and_repeatable(items: list[SplitItem], seed: int) -> None:
    result = divide(items, USUAL, seed=seed)
    assert set(result) == {item.id for item in items if item.fixed is None}
    by_id = {item.id: item for item in items}
    for ids in _joined(items):
        placed = {result[i] for i in ids if i in result}
        bound = Counter(by_id[i].fixed for i in ids if by_id[i].fixed)
        assert len(placed) <= 1, "a group was divided"
        if placed and bound:
            home = placed.pop()
            assert bound[home] == max(bound.values()), "a group left its split"
    shuffled = items[:]
    random.Random(1).shuffle(shuffled)
    assert divide(shuffled, USUAL, seed=seed) == result


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(3, 200), min_size=1, max_size=8), st.integers(0, 3))
def test_without_groups_the_shares_are_close_and_every_label_is_everywhere(
    counts: list[int], seed: int
) -> None:
    pairs = [(label, n) for label, count in enumerate(counts) for n in range(count)]
    items = [SplitItem(i, (), (label,)) for i, (label, _) in enumerate(pairs)]
    result = divide(items, USUAL, seed=seed)
    got: dict[int, Counter[Split]] = defaultdict(Counter)
    for item in items:
        got[item.labels[0]][result[item.id]] += 1
    for label, count in enumerate(counts):
        for split, share in USUAL.items():
            assert got[label][split] >= 1
            assert abs(got[label][split] - share * count) <= 2


def test_groups_of_uneven_size_come_close_to_the_shares() -> None:
    rng = random.Random(0)
    items, number = [], 0
    for group in range(150):
        for _ in range(rng.randint(1, 20)):
            label = 0 if rng.random() < 0.8 else rng.randint(1, 3)
            items.append(SplitItem(number, (group,), (label,)))
            number += 1
    result = divide(items, USUAL)
    for label in range(4):
        of_label = [item for item in items if item.labels == (label,)]
        got = Counter(result[item.id] for item in of_label)
        for split, share in USUAL.items():
            assert abs(got[split] / len(of_label) - share) < 0.06


def test_another_seed_gives_another_division() -> None:
    items = [SplitItem(i, (), (i % 2,)) for i in range(100)]
    assert divide(items, USUAL, seed=0) != divide(items, USUAL, seed=1)


def test_what_is_bound_counts_towards_the_shares() -> None:
    bound = [SplitItem(i, (), (0,), Split.TEST) for i in range(20)]
    free = [SplitItem(100 + i, (), (0,)) for i in range(80)]
    got = Counter(divide([*bound, *free], USUAL).values())
    assert got == {Split.TRAIN: 66, Split.VAL: 14}  # as .70 to .15


@pytest.mark.parametrize(
    ("groups", "expected"),
    [(1, {Split.TRAIN}), (2, {Split.TRAIN, Split.TEST}), (3, set(Split))],
)
def test_with_few_groups_training_comes_first_then_test(groups: int, expected: set[Split]) -> None:
    items = [SplitItem(i, (i % groups,), (0,)) for i in range(groups * 5)]
    assert set(divide(items, USUAL).values()) == expected


def test_a_share_of_none_gets_none() -> None:
    items = [SplitItem(i, (), (0,)) for i in range(40)]
    got = Counter(divide(items, wanted_fractions(0.25, 0)).values())
    assert got == {Split.TRAIN: 30, Split.VAL: 10}


@pytest.mark.parametrize(("val", "test"), [(-0.1, 0.1), (0.5, 0.5), (1, 0), (float("nan"), 0)])
def test_senseless_shares(val: float, test: float) -> None:
    with pytest.raises(UserError) as caught:
        wanted_fractions(val, test)
    assert caught.value.code == "data.split_fractions"
