from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from tlstudio.ml.classification import probe
from tlstudio.ml.classification.probe import Sample, fit_probe, put_into


def blobs(
    per_label: int, labels: int = 3, dim: int = 20, seed: int = 0, noise: float = 2.0
) -> Sample:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(labels, dim))
    targets = np.repeat(np.arange(labels), per_label)
    features = centres[targets] + noise * rng.normal(size=(len(targets), dim))
    features *= np.random.default_rng(7).uniform(0.1, 5, dim)
    return Sample((features + 3).astype(np.float32), targets)


def accuracy(logits: NDArray[np.float64], sample: Sample) -> float:
    return float((logits.argmax(1) == sample.targets).mean())


@pytest.mark.parametrize("strength", [0.01, 1.0])
def test_one_solution_is_scikit_learns(strength: float, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = blobs(30), blobs(50, seed=1)
    monkeypatch.setattr(probe, "STRENGTHS", (strength,))
    monkeypatch.setattr(probe, "SCALINGS", ("each",))
    ours = fit_probe(train, test, 3, weights=np.ones(3))
    theirs = make_pipeline(
        StandardScaler(), LogisticRegression(C=strength, max_iter=5000, tol=1e-8)
    )
    theirs.fit(train.features.astype(np.float64), train.targets)
    logits = torch.from_numpy(ours.logits(test.features))
    expected = theirs.predict_proba(test.features.astype(np.float64))
    assert np.abs(torch.softmax(logits, 1).numpy() - expected).max() < 1e-3


@pytest.mark.parametrize(("per_label", "labels"), [(5, 2), (10, 3), (100, 3)])
def test_it_is_not_below_scikit_learns_default(per_label: int, labels: int) -> None:
    ours, theirs = [], []
    for seed in range(5):
        train = blobs(per_label, labels, seed=seed)
        val, test = blobs(20, labels, seed=50 + seed), blobs(200, labels, seed=90 + seed)
        found = fit_probe(train, val, labels, weights=np.ones(labels))
        ours.append(accuracy(found.logits(test.features), test))
        plain = LogisticRegression(max_iter=5000).fit(train.features, train.targets)
        theirs.append(plain.score(test.features, test.targets))
    assert np.mean(ours) > np.mean(theirs) - 0.01


def test_without_validation_folds_choose_and_a_single_image_a_label_still_works() -> None:
    none = Sample(np.zeros((0, 20), np.float32), np.zeros(0, np.int64))
    test = blobs(100, seed=1)
    many = fit_probe(blobs(40), none, 3, weights=np.ones(3))
    assert accuracy(many.logits(test.features), test) > 0.7
    one = fit_probe(blobs(1, noise=0.5), none, 3, weights=np.ones(3))
    assert accuracy(one.logits(test.features), test) > 0.4


def test_features_that_never_change_do_no_harm() -> None:
    train, val = blobs(20), blobs(20, seed=1)
    fixed = [Sample(np.hstack([s.features, np.full((len(s), 2), 7, np.float32)]), s.targets)
             for s in (train, val)]  # fmt: skip
    found = fit_probe(fixed[0], fixed[1], 3, weights=np.ones(3))
    assert np.isfinite(found.weight).all() and np.isfinite(found.bias).all()


def test_the_head_answers_as_the_probe_does() -> None:
    train, val = blobs(20), blobs(20, seed=1)
    found = fit_probe(train, val, 3, weights=np.ones(3))
    head = nn.Sequential(nn.Dropout(0.5), nn.Linear(20, 3)).eval()
    put_into(head, found)
    with torch.inference_mode():
        logits = head(torch.from_numpy(val.features)).double().numpy()
    assert np.abs(logits - found.logits(val.features)).max() < 1e-3
    with pytest.raises(ValueError, match="one linear layer"):
        put_into(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), found)


def test_weights_move_the_answer_to_the_rare_label() -> None:
    train = blobs(40, 2, noise=6.0)
    rare = train.take((train.targets == 0) | (np.arange(80) % 10 == 0))
    val = blobs(100, 2, seed=1, noise=6.0)
    plain = fit_probe(rare, val, 2, weights=np.ones(2))
    weighted = fit_probe(rare, val, 2, weights=np.array([1.0, 10.0]))
    share = [(f.logits(val.features).argmax(1) == 1).mean() for f in (plain, weighted)]
    assert share[1] > share[0]
