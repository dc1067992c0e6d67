"""How often does the 95 % interval of a difference hold the true difference, and how often does it
exclude 0 where two models are equally good? Simulated test sets; prints a table.

    python tests/bench/paired_coverage.py --times 400
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tlstudio.metrics.comparison import Comparison, of_boxes, of_classes, of_regions
from tlstudio.metrics.detection import Found, Truth
from tlstudio.metrics.segmentation import ImageCounts

Make = Callable[[np.random.Generator, int, int], Comparison]


def classes(rare: float, skills: tuple[float, float], shared: float, each: int) -> Make:
    """Two classifiers whose scores are normal; a `shared` part of the variance is the image's, so
    that both err on the same ones, and a group has a part of its own for each model."""

    def make(rng: np.random.Generator, groups: int, resamples: int) -> Comparison:
        n = groups * each
        truth = (rng.random(n) < rare).astype(int)
        hard = rng.normal(0, 1, n)
        own = [np.repeat(rng.normal(0, 0.5 * (each > 1), groups), each) for _ in range(2)]
        both = []
        for skill, group in zip(skills, own, strict=True):
            noise = np.sqrt(shared) * hard + np.sqrt(1 - shared) * rng.normal(0, 1, n)
            p = 1 / (1 + np.exp(-((truth - 0.5) * skill + noise + group)))
            both.append(np.stack([1 - p, p], axis=1))
        names = [str(i // each) for i in range(n)]
        return of_classes(truth, both[0], both[1], names, resamples=resamples)

    return make


def boxes(skills: tuple[float, float]) -> Make:
    """Two detectors on smears of some ten cells of two labels, some images harder than others."""

    def make(rng: np.random.Generator, groups: int, resamples: int) -> Comparison:
        truths: list[Truth] = []
        founds: tuple[list[Found], list[Found]] = ([], [])
        for _ in range(groups):
            n = max(1, int(rng.poisson(10)))
            labels = (rng.random(n) < 0.3).astype(int)
            side = rng.uniform(40, 100, (n, 2))
            place = np.hstack([rng.uniform(0, 1, (n, 2)) * (600 - side), side])
            truths.append(Truth.of(place, labels))
            ease = rng.normal(0, 0.05)
            for skill, into in zip(skills, founds, strict=True):
                seen = rng.random(n) < np.clip(skill + ease, 0.2, 1)
                near = place[seen] + rng.normal(0, 0.06, (seen.sum(), 4)) * np.tile(side[seen], 2)
                alarms = int(rng.poisson(2))
                size = rng.uniform(40, 100, (alarms, 2))
                wrong = np.hstack([rng.uniform(0, 1, (alarms, 2)) * (600 - size), size])
                score = np.append(rng.beta(6, 2, seen.sum()), rng.beta(2, 4, alarms))
                named = np.append(labels[seen], rng.integers(0, 2, alarms))
                into.append(Found.of(np.vstack([near, wrong]), named, score))
        names = [str(i) for i in range(groups)]
        return of_boxes(truths, *founds, 2, names, (0.4, 0.4), resamples=resamples)

    return make


def regions(skills: tuple[float, float]) -> Make:
    """Two segmenters with one label, whose sizes vary much; some images hold none of it."""

    def make(rng: np.random.Generator, groups: int, resamples: int) -> Comparison:
        both: tuple[list[ImageCounts], list[ImageCounts]] = ([], [])
        for _ in range(groups):
            size = int(rng.lognormal(6, 0.8)) + 20 if rng.random() > 0.15 else 0
            ease = rng.normal(0, 0.5)
            for skill, into in zip(skills, both, strict=True):
                share = 1 / (1 + np.exp(-(skill + ease + rng.normal(0, 0.3))))
                hits = round(float(share) * size)
                found = hits + int(rng.poisson(0.2 * size) if size else 30 * (rng.random() < 0.3))
                near = round(100 * hits / size) if size else 0
                borders = [[100, near, 100, near]] if hits else [[0, 0, 0, 0]]
                apart = 5 * (1 - hits / size) + rng.exponential(2) if hits else np.nan
                pixels = np.array([[10_000, found - hits], [size - hits, hits]])
                into.append(ImageCounts(pixels, np.array(borders), np.array([float(apart)])))
        names = [str(i) for i in range(groups)]
        return of_regions(*both, 1, names, resamples=resamples)

    return make


def cases() -> list[tuple[str, Make, Make | None, tuple[int, ...], tuple[str, ...]]]:
    """(name, what to simulate, the same without a difference, groups, figures)."""
    of_class = ("accuracy", "balanced_accuracy", "f1", "auroc", "ece")
    found: list[Any] = []
    for words, rare, skill, gain, shared, each in (
        ("images", 0.4, 2.0, 0.8, 0.6, 1),
        ("images, rare label, few differ", 0.25, 4.0, 0.4, 0.9, 1),
        ("4 images a group", 0.4, 2.0, 0.8, 0.6, 4),
    ):
        counts = (30, 60, 120, 250) if each == 1 else (30, 60, 120)
        pair = [classes(rare, (skill, skill + g), shared, each) for g in (gain, 0.0)]
        found.append((f"classes, {words}", *pair, counts, of_class))
    box = ("map50", "map50_95", "precision", "recall", "f1")
    found.append(("boxes", boxes((0.8, 0.88)), boxes((0.84, 0.84)), (30, 60, 120), box))
    region = ("dice", "iou", "boundary_f1", "hd95", "dice_per_image")
    found.append(("regions", regions((1.5, 1.8)), regions((1.6, 1.6)), (30, 60, 120), region))
    return found


def run(times: int, only: str, large: int) -> None:
    print("figure | groups | held the true difference | excluded 0 where there is none")
    for name, unequal, equal, counts, figures in cases():
        if only not in name:
            continue
        size = large if not name.startswith("boxes") else large // 10
        whole = unequal(np.random.default_rng(99), size, 0).overall
        true = {figure: whole[figure].value or 0.0 for figure in figures}
        for groups in counts:
            held: dict[str, list[bool]] = defaultdict(list)
            wrong: dict[str, list[bool]] = defaultdict(list)
            for number in range(times):
                rng = np.random.default_rng((groups, number))
                for make, into in ((unequal, held), (equal, wrong)):
                    found = make(rng, groups, 200).overall
                    for figure in figures:
                        low, high = found[figure].interval.pair or (np.nan, np.nan)
                        if np.isfinite(low):
                            value = true[figure] if into is held else 0.0
                            into[figure].append(low <= value <= high)
            for figure in figures:
                kept, lost = held[figure], wrong[figure]
                if kept:
                    shares = f"{np.mean(kept):.3f} | {1 - np.mean(lost):.3f}"
                    print(f"{name}: {figure} ({true[figure]:+.3f}) | {groups} | {shares}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--large", type=int, default=60_000, help="groups that tell the truth")
    chosen = parser.parse_args()
    run(chosen.times, chosen.only, chosen.large)
