"""Accuracy from few labels: probe and fine-tuning against scratch and scikit-learn.

    python tests/bench/accuracy.py [--quick] [--out rows.jsonl] [--image-size 64]
        [--set pneumonia] [--set blood] [--data DIR] [--model squeezenet1_1] [--weights FILE]

Sets: PneumoniaMNIST with its splits, cells cut out of BCCD by their boxes, and any folder of
split/label/image. N training images a label are drawn with the seed; validation and test are
the set's own, whole. Each method of the program runs with the recipe's defaults; which epoch is
kept, and the strength of each logistic regression, is chosen on validation only. The backbone's
test accuracy is then read once. Every run is appended to --out as it ends; the summary with
paired intervals over test images (over smears, where there are any) and seeds is printed last.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sets
from intervals import paired_difference
from numpy.typing import NDArray
from sets import Example

from tlstudio.domain.errors import UserError
from tlstudio.ml.reporter import Reporter

COUNTS: tuple[int | None, ...] = (10, 30, 100, None)
REFERENCE = "probe-then-finetune"
SETTINGS: dict[str, dict[str, object]] = {
    "feature-extraction": {"strategy": "feature-extraction"},
    "probe-then-finetune": {},
    "scratch": {"strategy": "full"},
}
STRENGTHS = np.logspace(-4, 2, 7)


def main() -> None:
    options = _options()
    work = Path(tempfile.mkdtemp(prefix="accuracy-"))
    start = time.monotonic()
    try:
        rows = [
            row
            for name, examples in _sets(options, work).items()
            for row in _measure(name, examples, options, work)
        ]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(json.dumps(_summary(rows, options, time.monotonic() - start), indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="10 and 30 labels, 2 seeds, 3 epochs")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--model", default="squeezenet1_1")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--set", action="append", choices=("pneumonia", "blood"), dest="chosen")
    parser.add_argument("--data", action="append", type=Path, default=[], help="split/label/image")
    parser.add_argument("--out", type=Path, default=Path("accuracy-rows.jsonl"))
    options = parser.parse_args()
    if options.weights is None:
        name = f"{options.model}_imagenet_features.safetensors"
        options.weights = sets.shared() / "weights" / name
    if options.quick:
        options.seeds = min(options.seeds, 2)
    options.counts = COUNTS[:2] if options.quick else COUNTS
    options.extra = {"epochs": 3} if options.quick else {}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.unlink(missing_ok=True)
    return options


def _sets(options: argparse.Namespace, work: Path) -> dict[str, list[Example]]:
    data = sets.shared() / "data"
    chosen = options.chosen or ([] if options.data else ["pneumonia", "blood"])
    found: dict[str, list[Example]] = {}
    if "pneumonia" in chosen:
        found["pneumonia"] = sets.split_folders(data / "pneumoniamnist")
    if "blood" in chosen:
        found["blood"] = sets.blood_cells(data / "bccd", work / "blood")
    return found | {path.name: sets.split_folders(path) for path in options.data}


def _measure(
    name: str, examples: list[Example], options: argparse.Namespace, work: Path
) -> list[dict[str, Any]]:
    """A row for each count, seed and method; written as it goes."""
    from tlstudio.ml.classification import predict, train

    cache = work / "features"
    features = _Features(options, examples, cache)
    rows = []
    for count in options.counts:
        for seed in range(1 if count is None and options.quick else options.seeds):
            part = sets.few(examples, count, seed)
            for method, call in _methods(options, seed, work, cache, features, train, predict):
                start = time.perf_counter()
                answer = call(part)
                row = {"set": name, "labels": count or "all", "seed": seed, "method": method}
                row |= {"seconds": round(time.perf_counter() - start, 2)} | answer
                rows.append(row)
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                print(_line(row), file=sys.stderr, flush=True)
    return rows


Call = Callable[[list[Example]], dict[str, Any]]


def _methods(
    options: argparse.Namespace,
    seed: int,
    work: Path,
    cache: Path,
    features: _Features,
    train: Any,
    predict: Any,
) -> list[tuple[str, Call]]:
    def ours(method: str) -> Call:
        def call(part: list[Example]) -> dict[str, Any]:
            folder = work / "run"
            settings = {"image_size": options.image_size, "seed": seed}
            job = sets.training_job(
                folder,
                part,
                model=options.model,
                weights=None if method == "scratch" else options.weights,
                settings={**settings, **options.extra, **SETTINGS[method]},
                cache=cache,
            )
            start = time.perf_counter()
            answer = train(job, Reporter())
            seconds = time.perf_counter() - start
            test = [e for e in part if e.split == "test"]
            predict(sets.prediction_job(folder, test, None), Reporter())
            lines = (folder / "predictions.jsonl").read_text().splitlines()
            found = np.array([json.loads(line)["probabilities"] for line in lines])
            shutil.rmtree(folder)
            return {
                "train_seconds": round(seconds, 2),
                "epochs": answer["epochs"],
                "best_epoch": answer["best"]["epoch"],
                "val": answer["metrics"]["accuracy"],
                **_right(found, test),
            }

        return call

    plain: list[tuple[str, Call]] = [
        ("sklearn", lambda part: features.regress(part, [1.0], scaled=(False,))),
        ("sklearn-scaled", lambda part: features.regress(part, [1.0], scaled=(True,))),
        ("sklearn-tuned", lambda part: features.regress(part, STRENGTHS, scaled=(True, False))),
    ]
    return [(method, ours(method)) for method in SETTINGS] + plain


class _Features:
    """Features of the frozen backbone for every example, for scikit-learn."""

    def __init__(self, options: argparse.Namespace, examples: list[Example], cache: Path) -> None:
        import torch

        from tlstudio.catalog.index import find
        from tlstudio.ml.classification.data import Picture
        from tlstudio.ml.classification.features import extract
        from tlstudio.ml.classification.gallery import Gallery
        from tlstudio.ml.classification.pixels import Transform
        from tlstudio.ml.zoo import build, load_backbone, read_weights

        spec = find(options.model)
        model = build(spec, 2, image_size=options.image_size)
        load_backbone(model, read_weights(options.weights))
        model.to(memory_format=torch.channels_last)
        pictures = [Picture(n, e.path, None) for n, e in enumerate(examples)]
        with Gallery(pictures, Transform.of(spec, options.image_size)) as gallery:
            gallery.open(Reporter(), stage="")
            places = np.arange(len(pictures))
            cpu = torch.device("cpu")
            rows = extract(model, gallery, places, None, cpu, Reporter(), stage="")
        self._rows = {e.path: row for e, row in zip(examples, rows, strict=True)}

    def regress(
        self, part: list[Example], strengths: Sequence[float] | Any, *, scaled: tuple[bool, ...]
    ) -> dict[str, Any]:
        """LogisticRegression; its C, and whether features are standardised, by validation."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer, StandardScaler

        x, y, chosen = {}, {}, {}
        for split in sets.SPLITS:
            chosen[split] = [e for e in part if e.split == split]
            x[split] = np.array([self._rows[e.path] for e in chosen[split]], np.float64)
            y[split] = np.array([e.label for e in chosen[split]])
        best: tuple[float, Any] | None = None
        start = time.perf_counter()
        for standardised in scaled:
            scaler = StandardScaler() if standardised else FunctionTransformer()
            for strength in strengths:
                model = make_pipeline(scaler, LogisticRegression(C=strength, max_iter=3000))
                model.fit(x["train"], y["train"])
                val = float(model.score(x["val"], y["val"]))
                if best is None or val > best[0]:
                    best = (val, model)
        assert best is not None
        seconds = time.perf_counter() - start
        found = best[1].predict_proba(x["test"])
        return {"train_seconds": round(seconds, 2), "val": best[0], **_right(found, chosen["test"])}


def _right(probabilities: NDArray[np.float64], test: list[Example]) -> dict[str, Any]:
    names = sorted({e.label for e in test})
    truth = np.array([names.index(e.label) for e in test])
    right = probabilities.argmax(axis=1) == truth
    recalls = [right[truth == label].mean() for label in np.unique(truth)]
    return {
        "accuracy": round(float(right.mean()), 4),
        "balanced_accuracy": round(float(np.mean(recalls)), 4),
        "right": right.astype(int).tolist(),
        "groups": [e.group for e in test],
    }


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['set']:10} {row['labels']!s:>4} seed {row['seed']} {row['method']:20}"
        f" val {row['val']:.3f} test {row['accuracy']:.3f} {row['train_seconds']:6.1f} s"
    )


def _summary(
    rows: list[dict[str, Any]], options: argparse.Namespace, seconds: float
) -> dict[str, Any]:
    results = []
    for name, labels in dict.fromkeys((r["set"], r["labels"]) for r in rows):
        cell = [r for r in rows if (r["set"], r["labels"]) == (name, labels)]
        methods: dict[str, list[dict[str, Any]]] = {}
        for row in cell:
            methods.setdefault(row["method"], []).append(row)
        right = {m: np.array([r["right"] for r in found], float) for m, found in methods.items()}
        groups = cell[0]["groups"]
        results.append(
            {
                "set": name,
                "labels": labels,
                "test_images": len(groups),
                "groups": len(set(groups)),
                "methods": {m: _mean(found) for m, found in methods.items()},
                "minus": {
                    f"{first} - {second}": paired_difference(right[first], right[second], groups)
                    for first in (REFERENCE, "feature-extraction")
                    for second in right
                    if second not in (first, REFERENCE)
                },
            }
        )
    from tlstudio.domain.recipe import Recipe

    return {
        "bench": "accuracy",
        "model": options.model,
        "weights": options.weights.name,
        "image_size": options.image_size,
        "seeds": options.seeds,
        "quick": options.quick,
        "recipe": Recipe().to_json() | options.extra,
        "machine": sets.machine(),
        "seconds": round(seconds),
        "results": results,
    }


def _mean(rows: list[dict[str, Any]]) -> dict[str, Any]:
    def of(name: str) -> float:
        return round(float(np.mean([r[name] for r in rows])), 4)

    found: dict[str, Any] = {name: of(name) for name in ("accuracy", "balanced_accuracy", "val")}
    found["spread"] = round(float(np.std([r["accuracy"] for r in rows])), 4)
    found["train_seconds"] = round(float(np.median([r["train_seconds"] for r in rows])), 2)
    return found


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
