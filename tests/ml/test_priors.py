"""Anchors from the data."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tlstudio.catalog.index import find
from tlstudio.ml.zoo.priors import GAIN, Priors, fit, overlap
from tlstudio.ml.zoo.torchvision_detectors import published_priors

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "model_id", ["fasterrcnn:squeezenet1_1", "ssdlite320_mobilenet_v3_large", "ssd300_vgg16"]
)
def test_small_objects_get_small_anchors(model_id: str) -> None:
    published = published_priors(find(model_id))
    shapes = RNG.uniform(10, 16, (200, 2))
    fitted = fit(shapes, published, 320)
    assert overlap(shapes, fitted, 320) > overlap(shapes, published, 320) + GAIN
    assert [len(level) for level in fitted.sizes] == [len(level) for level in published.sizes]
    assert len(fitted.ratios) == len(published.ratios)
    assert min(min(level) for level in fitted.sizes) < min(min(s) for s in published.sizes)


def test_flat_objects_get_flat_anchors() -> None:
    published = published_priors(find("fasterrcnn_resnet50_fpn"))
    shapes = np.stack([RNG.uniform(100, 140, 200), RNG.uniform(20, 28, 200)], axis=1)
    fitted = fit(shapes, published, 640)
    assert max(fitted.ratios) < 0.5
    assert overlap(shapes, fitted, 640) > 0.7


def test_published_anchors_stay_where_they_fit() -> None:
    published = published_priors(find("fasterrcnn_resnet50_fpn"))
    shapes = published.shapes(640)
    assert fit(shapes, published, 640) is published
    assert fit(np.zeros((0, 2)), published, 640) is published
    assert published_priors(find("fcos_resnet50_fpn")).sizes == ()


def test_priors_survive_json() -> None:
    for model_id in ("retinanet_resnet50_fpn", "ssd300_vgg16", "fcos_resnet50_fpn"):
        priors = published_priors(find(model_id))
        assert Priors.from_json(json.loads(json.dumps(priors.to_json()))) == priors


def test_overlap_of_concentric_boxes() -> None:
    shapes = np.array([[10.0, 20.0]])
    priors = Priors(((20.0,),), (1.0,))
    assert overlap(shapes, priors, 320) == pytest.approx(200 / 400)
