"""First accuracy from the cached probe, and each further head, against recomputing features.

    python tests/bench/probe_ratio.py [--images 200] [--image-size 224] [--model squeezenet1_1]
        [--rounds 9] [--epochs 10] [--data DIR]

Both end with a trained head and its validation accuracy. "recomputed" trains the head for
--epochs with the frozen backbone run again each epoch, as a plain fine-tuning loop with frozen
layers does; its first accuracy comes after one such epoch of training and validation, its
trained head after all of them. "cached" computes each feature once and fits the probe;
"further head" is another head on features that are cached already, as another seed, other
labels or another strategy needs it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import sets
import torch
from intervals import median_interval

from tlstudio.catalog.index import find
from tlstudio.ml.classification.data import Picture
from tlstudio.ml.classification.feature_cache import FeatureCache
from tlstudio.ml.classification.features import backbone_hash, extract
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.classification.probe import Sample, fit_probe, linear_of
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.zoo import Classifier, build

CPU = torch.device("cpu")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="squeezenet1_1")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--images", type=int, default=200, help="for training; half for validation")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, help="split/label/image; else PneumoniaMNIST")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    model = build(find(options.model), 2, image_size=options.image_size)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    gallery, targets, train, val = _data(options)
    folder = Path(tempfile.mkdtemp(prefix="probe-"))
    seconds: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        shutil.rmtree(folder)
        found = _recomputed(model, gallery, targets, train, val, options.epochs)
        found["cached_first"] = _cached(model, gallery, targets, train, val, folder)
        found["further_head"] = _cached(model, gallery, targets, train, val, folder)
        for name, value in found.items():
            seconds.setdefault(name, []).append(value)
    gallery.close()
    shutil.rmtree(folder)

    def ratio(slow: str, quick: str) -> dict[str, Any]:
        pairs = zip(seconds[slow], seconds[quick], strict=True)
        return median_interval([a / b for a, b in pairs])

    facts = {name: str(value) for name, value in vars(options).items()}
    print(
        json.dumps(
            {
                "bench": "probe_ratio",
                **facts,
                "train": len(train),
                "val": len(val),
                "seconds": {name: median_interval(values) for name, values in seconds.items()},
                "trained_head_recomputed_over_cached": ratio("trained_head", "cached_first"),
                "first_epoch_recomputed_over_cached": ratio("first_epoch", "cached_first"),
                "further_head_recomputed_over_cached": ratio("trained_head", "further_head"),
                "first_accuracy_again_over_cached": ratio("first_epoch", "further_head"),
                "machine": sets.machine(),
            },
            indent=1,
        )
    )


def _data(options: argparse.Namespace) -> tuple[Gallery, Any, Any, Any]:
    root = options.data or sets.shared() / "data/pneumoniamnist"
    examples = sets.split_folders(root)
    names = sorted({e.label for e in examples})
    rng = np.random.default_rng(options.seed)
    chosen = []
    for split, count in (("train", options.images), ("val", options.images // 2)):
        pool = [e for e in examples if e.split == split]
        chosen += [pool[i] for i in rng.permutation(len(pool))[:count]]
    pictures = [
        Picture(n, e.path, None, names.index(e.label), e.split) for n, e in enumerate(chosen)
    ]
    gallery = Gallery(pictures, Transform.of(find(options.model), options.image_size))
    gallery.open(Reporter(), stage="")
    targets = np.array([p.target for p in pictures])
    places = {s: np.array([n for n, p in enumerate(pictures) if p.split == s]) for s in sets.SPLITS}
    return gallery, targets, places["train"], places["val"]


def _features(model: Classifier, gallery: Gallery, places: Any, cache: FeatureCache | None) -> Any:
    return extract(model, gallery, places, cache, CPU, Reporter(), stage="")


def _recomputed(
    model: Classifier, gallery: Gallery, targets: Any, train: Any, val: Any, epochs: int
) -> dict[str, float]:
    head = torch.nn.Linear(model.feature_dim, int(targets.max()) + 1)
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2)
    start, found = time.perf_counter(), {}
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(train)
        for at in range(0, len(order), 32):
            places = order[at : at + 32]
            x = torch.from_numpy(_features(model, gallery, places, None))
            loss = torch.nn.functional.cross_entropy(head(x), torch.from_numpy(targets[places]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        logits = head(torch.from_numpy(_features(model, gallery, val, None)))
        _accuracy(logits.detach().numpy(), targets[val])
        if epoch == 0:
            found["first_epoch"] = time.perf_counter() - start
    found["trained_head"] = time.perf_counter() - start
    return found


def _cached(
    model: Classifier, gallery: Gallery, targets: Any, train: Any, val: Any, folder: Path
) -> float:
    start = time.perf_counter()
    cache = FeatureCache(folder, backbone_hash(model), gallery.transform.hash)
    rows = _features(model, gallery, np.concatenate([train, val]), cache)
    kept = Sample(rows[: len(train)], targets[train])
    held = Sample(rows[len(train) :], targets[val])
    found = fit_probe(kept, held, linear_of(model.head).out_features, weights=np.ones(2))
    _accuracy(found.logits(held.features), held.targets)
    return time.perf_counter() - start


def _accuracy(logits: Any, targets: Any) -> float:
    return float((logits.argmax(axis=1) == targets).mean())


if __name__ == "__main__":
    main()
