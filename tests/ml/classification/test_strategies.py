from __future__ import annotations

import numpy as np
import pytest

from tlstudio.catalog.index import find
from tlstudio.domain.recipe import Recipe
from tlstudio.ml.classification.finetune import Course, order_of
from tlstudio.ml.classification.scoring import all_figures, better, score
from tlstudio.ml.classification.strategies import (
    Plan,
    auto_batch,
    class_weights,
    freezes_batch_norm,
    make_plan,
    steps_per_epoch,
)
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.zoo import build


def plan(pretrained: bool = True, model: str = "squeezenet1_1", **settings: object) -> Plan:
    spec = find(model)
    recipe = Recipe.read(settings)
    net = build(spec, 2, image_size=64)
    return make_plan(recipe, spec, net, pretrained=pretrained, reporter=Reporter())


def test_each_strategy_says_what_learns() -> None:
    stages = len(build(find("squeezenet1_1"), 2, image_size=64).blocks()) + 1
    assert not plan(strategy="feature-extraction").fine_tunes
    assert plan(strategy="last-n", last_blocks=2).learning == 3
    assert plan(strategy="last-n", last_blocks=99).learning == stages
    assert plan(strategy="full").learning == stages and not plan(strategy="full").probe
    default = plan()
    assert default.probe and default.learning == stages and default.rates.decay < 1


def test_from_scratch_everything_learns_at_one_rate_and_nothing_is_probed() -> None:
    scratch = plan(pretrained=False, strategy="last-n")
    assert not scratch.probe and scratch.rates.decay == 1.0 and scratch.l2_sp == 0.0
    assert scratch.learning == plan(strategy="full").learning


def test_class_weights_come_on_where_labels_are_uneven() -> None:
    even, uneven = np.array([0] * 20 + [1] * 10), np.array([0] * 30 + [1] * 10)
    assert class_weights(even, 2, "auto").tolist() == [1, 1]
    assert class_weights(even, 2, "balanced").tolist() == [0.75, 1.5]
    found = class_weights(uneven, 2, "auto")
    assert found[1] / found[0] == pytest.approx(3)
    assert class_weights(uneven, 2, "none").tolist() == [1, 1]


def test_batch_norm_is_frozen_with_pretrained_weights_and_small_batches() -> None:
    assert freezes_batch_norm(Recipe(), pretrained=True, batch=16)
    assert not freezes_batch_norm(Recipe(), pretrained=True, batch=32)
    assert not freezes_batch_norm(Recipe(), pretrained=False, batch=8)
    assert freezes_batch_norm(Recipe(freeze_batch_norm="yes"), pretrained=False, batch=64)


def test_small_sets_are_shown_more_often() -> None:
    assert steps_per_epoch(1000, 10, 12, 150) == 100
    assert steps_per_epoch(20, 10, 12, 150) == 13
    assert auto_batch(3) == 3 and auto_batch(100) == 16 and auto_batch(5000) == 32


def test_an_epoch_shows_every_image_in_whole_batches_and_an_order_of_its_own() -> None:
    course = Course(np.arange(100, 110), batch=4, steps=7, epochs=2)
    first = list(order_of(course, 0, 1))
    places = np.concatenate([p for p, _ in first])
    keys = np.concatenate([k for _, k in first])
    assert [len(p) for p, _ in first] == [4] * 7
    assert sorted(places[:10].tolist()) == list(range(100, 110))
    assert len(set(keys.tolist())) == 28, "each showing draws a change of its own"
    again = np.concatenate([p for p, _ in order_of(course, 0, 1)])
    second = np.concatenate([p for p, _ in order_of(course, 0, 2)])
    assert places.tolist() == again.tolist() != second.tolist()


def test_scores_are_of_the_images_and_the_better_is_more_accurate_then_surer() -> None:
    logits = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]))
    values = score(logits, np.array([0, 0, 1, 1]))
    assert values["accuracy"] == 0.75 and values["balanced_accuracy"] == 0.75
    assert values["val_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.7]).mean())
    assert score(logits[:0], np.zeros(0, np.int64)) == {}
    assert better(
        {"balanced_accuracy": 0.8, "val_loss": 9}, {"balanced_accuracy": 0.7, "val_loss": 1}
    )
    same = {"balanced_accuracy": 0.8, "val_loss": 1.0}
    assert better({"balanced_accuracy": 0.8, "val_loss": 0.9}, same)
    assert not better(same, same)


def test_figures_have_the_names_of_the_metrics_room() -> None:
    rng = np.random.default_rng(0)
    found = all_figures(rng.normal(size=(30, 3)), np.arange(30) % 3, [str(i) for i in range(30)])
    assert {"accuracy", "balanced_accuracy", "auroc", "f1"} <= found.keys()


def test_transformers_take_smaller_steps() -> None:
    assert plan(model="vit_b_32").rates.base < plan().rates.base
    assert plan(model="vit_b_32", learning_rate=0.5).rates.base == 0.5
    assert plan(model="vit_b_32").rates.decay < plan().rates.decay
    assert plan(layer_decay=0.5).rates.decay == 0.5
