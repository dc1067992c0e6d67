"""Dividing images into train, val and test: whole groups, labels in proportion, repeatable.

A greedy division: groups go, largest first, where they lessen the distance to the wanted
number of images of each label most (as scikit-learn's StratifiedGroupKFold does for folds).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split


@dataclass(frozen=True, slots=True)
class SplitItem:
    """An image to divide: what must stay together with it (`keys`: group, identical pixels),
    its labels, and the split it is bound to, if any. A `synthetic` one, which this program made,
    is for training or for nothing."""

    id: int
    keys: tuple[Hashable, ...] = ()
    labels: tuple[int, ...] = ()
    fixed: Split | None = None
    synthetic: bool = False


@dataclass(slots=True)
class _Bundle:
    """Images that stay together; `ids` and `labels` are those still to be placed, `made` the
    synthetic ones among them, which count for nothing."""

    ids: list[int]
    made: list[int]
    labels: Counter[int]
    bound: Counter[Split]
    lowest: int

    def placed(self, home: Split) -> dict[int, Split]:
        """The split of each, where the bundle's is `home`; synthetic ones have one in training."""
        return dict.fromkeys([*self.ids, *(self.made if home is Split.TRAIN else ())], home)


def wanted_fractions(val: float, test: float) -> dict[Split, float]:
    """Fractions of the three splits. UserError("data.split_fractions") for senseless ones."""
    if not (0 <= val < 1 and 0 <= test < 1 and val + test < 1):
        raise UserError("data.split_fractions", val=val, test=test)
    return {Split.TRAIN: 1 - val - test, Split.VAL: val, Split.TEST: test}


def divide(
    items: Sequence[SplitItem], fractions: Mapping[Split, float], *, seed: int = 0
) -> dict[int, Split]:
    """The split of every item that is not bound to one yet.

    The same items and seed give the same division, whatever the order of `items`. Bound items
    count towards the fractions, and whatever shares a key with them follows the most of them.
    Where a label has enough groups, every split with a fraction gets at least one of them;
    training comes first, then test, then validation. Synthetic items go into training where what
    they belong to does, and are missing in the answer where it does not; they count for nothing.
    """
    splits = [split for split in Split if fractions.get(split, 0) > 0]
    bundles = _bundles(items)
    count = {split: Counter[int]() for split in Split}
    for item in items:
        if item.fixed is not None and not item.synthetic:
            count[item.fixed].update(_counted(item.labels))
    real = [item for item in items if not item.synthetic]
    total = Counter(label for item in real for label in _counted(item.labels))
    result: dict[int, Split] = {}
    free: list[_Bundle] = []
    for bundle in bundles:
        if bundle.bound:
            home = max(Split, key=lambda split, b=bundle: b.bound[split])  # type: ignore[misc]
            result.update(bundle.placed(home))
            count[home].update(bundle.labels)
        elif bundle.ids:
            free.append(bundle)
        else:
            result.update(bundle.placed(Split.TRAIN))
    free.sort(key=lambda bundle: bundle.lowest)
    random.Random(seed).shuffle(free)
    free.sort(key=lambda bundle: len(bundle.ids), reverse=True)
    homes = _greedy(free, splits, fractions, count, total)
    _every_label_everywhere(free, homes, splits, fractions, count)
    for bundle, home in zip(free, homes, strict=True):
        result.update(bundle.placed(home))
    return result


def joined(items: Sequence[SplitItem]) -> list[list[int]]:
    """The ids of the items that stay together, through any chain of shared keys."""
    bundles = _bundles([replace(item, fixed=None) for item in items])
    return [[*bundle.ids, *bundle.made] for bundle in bundles]


_ALL = -1  # counted beside the labels, so that the sizes of the splits come out right as well


def _counted(labels: Iterable[int]) -> tuple[int, ...]:
    return (_ALL, *labels)


def _bundles(items: Sequence[SplitItem]) -> list[_Bundle]:
    """Items joined by any shared key."""
    parent: dict[Hashable, Hashable] = {}

    def root(key: Hashable) -> Hashable:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for item in items:
        own = ("item", item.id)
        for key in item.keys:
            parent[root(own)] = root(("key", key))
    found: dict[Hashable, _Bundle] = {}
    for item in items:
        home = root(("item", item.id))
        bundle = found.setdefault(home, _Bundle([], [], Counter(), Counter(), item.id))
        bundle.lowest = min(bundle.lowest, item.id)
        if item.fixed is not None:
            bundle.bound[item.fixed] += 1
        elif item.synthetic:
            bundle.made.append(item.id)
        else:
            bundle.ids.append(item.id)
            bundle.labels.update(_counted(item.labels))
    return list(found.values())


def _greedy(
    bundles: Sequence[_Bundle],
    splits: Sequence[Split],
    fractions: Mapping[Split, float],
    count: dict[Split, Counter[int]],
    total: Mapping[int, int],
) -> list[Split]:
    """A home for each bundle; `count` is brought up to date."""
    wanted = {s: {label: n * fractions[s] for label, n in total.items()} for s in splits}
    homes = []
    for bundle in bundles:

        def growth(split: Split, bundle: _Bundle = bundle) -> float:
            """How much chi squared, the distance to what is wanted, grows; labels count alike."""
            have, want = count[split], wanted[split]
            return sum(
                n * (n + 2 * (have[label] - want[label])) / (want[label] * total[label])
                for label, n in bundle.labels.items()
            )

        home = min(splits, key=growth)
        count[home].update(bundle.labels)
        homes.append(home)
    return homes


_PRECEDENCE = (Split.TRAIN, Split.TEST, Split.VAL)


def _every_label_everywhere(
    bundles: Sequence[_Bundle],
    homes: list[Split],
    splits: Sequence[Split],
    fractions: Mapping[Split, float],
    count: dict[Split, Counter[int]],
) -> None:
    """Move the smallest group that helps to a split that lacks a label, where the split it
    leaves can spare it."""
    labels = sorted({label for bundle in bundles for label in bundle.labels if label != _ALL})
    places: dict[int, list[int]] = {label: [] for label in labels}
    for index, bundle in enumerate(bundles):
        for label in bundle.labels:
            if label != _ALL:
                places[label].append(index)
    for split in (s for s in _PRECEDENCE if s in splits):
        for label in labels:
            if count[split][label]:
                continue
            movable = [i for i in places[label] if _can_spare(bundles[i], homes[i], split, count)]
            if not movable:
                continue
            best = min(movable, key=lambda i: (len(bundles[i].ids), -fractions[homes[i]], i))
            count[homes[best]].subtract(bundles[best].labels)
            count[split].update(bundles[best].labels)
            homes[best] = split


def _can_spare(
    bundle: _Bundle, home: Split, to: Split, count: Mapping[Split, Counter[int]]
) -> bool:
    """A split that comes earlier in precedence may take the last of a later one."""
    if home is to:
        return False
    first = _PRECEDENCE.index(to) < _PRECEDENCE.index(home)
    left = (count[home][label] - n for label, n in bundle.labels.items() if label != _ALL)
    return first or all(n > 0 for n in left)
