"""Average precision with its interval: ours beside faster-coco-eval, in one run.

    python tests/bench/detection_figures.py [--images 72] [--found 300] [--pairs 9]

Blood smears are made up (see tests/metrics/conftest.py). Each pair times the figures of the set
once, by either side, in turn; the intervals, which the library has not, are timed apart.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "bench")]


def made_sets() -> Any:
    spec = importlib.util.spec_from_file_location("sets", ROOT / "tests/metrics/conftest.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> int:
    import faster_coco_eval
    from intervals import median_interval

    from tlstudio.metrics import grouped
    from tlstudio.metrics.detection import Prepared, evaluate, map_values

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=72)
    parser.add_argument("--found", type=int, default=300, help="boxes found in an image")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    sets = made_sets()
    boxes = sets.smears(np.random.default_rng(args.seed), args.images, tail=args.found - 17)
    theirs = sets.by_coco(boxes, 3).eval["precision"][..., -1]
    ours = map_values(*boxes, 3)
    pairs = [
        (seconds(lambda: map_values(*boxes, 3)), seconds(lambda: sets.by_coco(boxes, 3)))
        for _ in range(args.pairs)
    ]
    data = Prepared(*boxes, 3)
    names = [str(i) for i in range(args.images)]
    whole = seconds(lambda: evaluate(*boxes, ["r", "w", "p"], names))
    grouped.CLAIMED_FROM = 20
    drawn = seconds(lambda: evaluate(*boxes, ["r", "w", "p"], names, resamples=1000))
    answer = {
        "difference": abs(ours["map50_95"] - float(theirs[:, :, :, 0].mean())),
        "ours_s": median_interval([a for a, _ in pairs]),
        "library_s": median_interval([b for _, b in pairs]),
        "ratio": median_interval([a / b for a, b in pairs]),
        "at_threshold_s": median_interval([seconds(lambda: data.at(0.4)) for _ in pairs]),
        "figures_with_intervals_s": round(whole, 2),
        "with_1000_resamples_s": round(drawn, 2),
        "images": args.images,
        "found": args.found,
        "seed": args.seed,
        "machine": platform.platform(),
        "versions": {"numpy": np.__version__, "faster_coco_eval": faster_coco_eval.__version__},
    }
    print(json.dumps(answer, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
