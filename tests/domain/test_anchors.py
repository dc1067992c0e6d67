"""Anchors from the data: they follow the objects, and lie where a map has places for them."""

from __future__ import annotations

import json
import random

import pytest

from tlstudio.catalog.index import find
from tlstudio.domain import anchors
from tlstudio.domain.anchors import (
    GAIN,
    Object,
    anchor_advice,
    fitted_priors,
    published_priors,
    strides,
)
from tlstudio.domain.priors import Priors, overlap, placed

LIGHT = "fasterrcnn:squeezenet1_1"
FPN = "fasterrcnn_resnet50_fpn"
SSDLITE = "ssdlite320_mobilenet_v3_large"
ANCHORED = (LIGHT, FPN, "retinanet_resnet50_fpn", SSDLITE, "ssd300_vgg16")


def objects(low: float, high: float, count: int = 100, label: int = 1) -> list[Object]:
    draw = random.Random(0)
    return [Object(draw.uniform(low, high), draw.uniform(low, high), label) for _ in range(count)]


def fit_of(found: list[Object], priors: Priors, model: str, size: int) -> float:
    there = placed(priors, strides(find(model), size), size)
    return sum(overlap((each.width, each.height), there) for each in found) / len(found)


@pytest.mark.parametrize("model", ANCHORED)
def test_small_objects_get_small_anchors(model: str) -> None:
    spec, found = find(model), objects(15, 24)
    published, fitted = published_priors(spec), fitted_priors(found, spec, 320)
    assert [len(level) for level in fitted.sizes] == [len(level) for level in published.sizes]
    assert len(fitted.ratios) == len(published.ratios)
    if fitted != published:
        gained = fit_of(found, fitted, model, 320) - fit_of(found, published, model, 320)
        assert gained > GAIN
    assert min(min(level) for level in fitted.sizes) * (320 if fitted.relative else 1) < 34


def test_anchors_for_objects_of_one_size_lie_on_maps_with_places_near_them() -> None:
    """Spread over objects of 40 to 60 px alone, SSD's sizes would be on maps of five places."""
    spec, found = find(SSDLITE), objects(40, 60)
    fitted = fitted_priors(found, spec, 320)
    there = placed(fitted, strides(spec, 320), 320)
    best = {max(there, key=lambda p, o=o: overlap((o.width, o.height), [p])).away for o in found}
    assert max(best) <= 32 / 4
    crowded = Priors(tuple((0.12 + 0.01 * at,) for at in range(7)), fitted.ratios, relative=True)
    assert fit_of(found, fitted, SSDLITE, 320) > fit_of(found, crowded, SSDLITE, 320)


def test_a_label_of_few_small_objects_counts_as_much_as_the_others() -> None:
    spec = find("retinanet_resnet50_fpn")
    many = objects(60, 90, 500)
    rare = objects(12, 18, 20, label=2)
    alone, both = (fitted_priors(found, spec, 320) for found in (many, many + rare))
    assert fit_of(rare, both, spec.id, 320) > fit_of(rare, alone, spec.id, 320)


def test_a_thousand_labels_are_no_more_work_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = set()
    whole = anchors.overlap
    monkeypatch.setattr(anchors, "overlap", lambda s, there: looked_at.add(s) or whole(s, there))
    many = [each for label in range(1000) for each in objects(15, 24, 3, label)]
    monkeypatch.setattr(anchors, "_covered", lambda *_: 1.0)
    fitted_priors(many, find(FPN), 320)
    assert 0 < len(looked_at) <= 120


def test_flat_objects_get_flat_anchors() -> None:
    draw = random.Random(0)
    flat = [Object(draw.uniform(100, 140), draw.uniform(20, 28), 1) for _ in range(200)]
    fitted = fitted_priors(flat, find(FPN), 640)
    assert max(fitted.ratios) < 0.5
    assert fit_of(flat, fitted, FPN, 640) > 0.6


def test_published_anchors_stay_where_they_fit() -> None:
    spec = find(FPN)
    published = published_priors(spec)
    known = [Object(w, h, 1) for level in published.shapes(640) for w, h in level]
    assert fitted_priors(known, spec, 640) == published
    assert fitted_priors([], spec, 640) == published
    assert published_priors(find("fcos_resnet50_fpn")).sizes == ()


def test_priors_survive_json() -> None:
    for model in ("retinanet_resnet50_fpn", "ssd300_vgg16", "fcos_resnet50_fpn"):
        priors = published_priors(find(model))
        assert Priors.from_json(json.loads(json.dumps(priors.to_json()))) == priors


def test_overlap_of_boxes_with_the_same_middle_and_beside_each_other() -> None:
    square = Priors(((20.0,),), (1.0,))
    assert overlap((10, 20), placed(square, (0,), 320)) == pytest.approx(200 / 400)
    quarter_off = placed(square, (16,), 320)
    assert overlap((20, 20), quarter_off) == pytest.approx(16 * 16 / (800 - 16 * 16))
    assert overlap((20, 20), placed(square, (400,), 320)) == 0


def test_ssd_has_a_square_between_two_sizes() -> None:
    levels = Priors(((0.1,), (0.4,), (1.0,)), (1.0,), relative=True).shapes(100)
    assert levels == [
        [(10, 10), (pytest.approx(20), pytest.approx(20))],
        [(40, 40), (pytest.approx(63.2, abs=0.1), pytest.approx(63.2, abs=0.1))],
    ]


def test_advice_names_how_many_boxes_are_met() -> None:
    spec = find(FPN)
    long = [Object(150, 30, 1)] * 20 + [Object(30, 150, 1)] * 20
    value, code, params = anchor_advice(long, spec, 640)
    assert code == "defaults.anchors.boxes"
    assert Priors.from_json(value) == fitted_priors(long, spec, 640)
    assert params["own"] > params["percent"]
    assert anchor_advice([Object(64, 64, 1), Object(128, 100, 1)], spec, 640)[0] == "standard"


def test_advice_says_where_a_model_is_too_coarse_for_its_objects() -> None:
    found = objects(15, 24)
    assert anchor_advice(found, find(SSDLITE), 320)[1] == "defaults.anchors.coarse"
    assert anchor_advice(found, find(LIGHT), 640)[1] != "defaults.anchors.coarse"
