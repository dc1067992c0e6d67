"""Which layers of a YOLO network rest, and at which rates the others learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from tlstudio.domain.events import Event, Remark
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.tasks import Task
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.ultralytics import setting, weights
from tlstudio.ml.ultralytics.network import backbone_depth, layer_of
from tlstudio.ml.ultralytics.strategies import (
    Course,
    course_of,
    filled_norms,
    pull_to_start,
    spread_rates,
)

Network = Callable[..., nn.Module]
DEPTH = 11


def course(pretrained: bool = True, epochs: int = 20, batch: int = 8, **settings: Any) -> Course:
    recipe = Recipe.read(settings, Task.DETECTION)
    return course_of(recipe, DEPTH, epochs, pretrained=pretrained, batch=batch, reporter=Reporter())


def test_strategies_say_which_layers_rest() -> None:
    backbone = tuple(range(DEPTH))
    assert course(strategy="full").layers_at_rest(1) == ()
    assert course(strategy="feature-extraction").layers_at_rest(20) == backbone
    assert course(strategy="last-n", last_blocks=3).layers_at_rest(20) == backbone[:-3]
    assert course(strategy="last-n", last_blocks=99).layers_at_rest(1) == ()
    probe = course(strategy="probe-then-finetune")
    assert [probe.layers_at_rest(epoch) for epoch in (1, 3, 4, 20)] == [backbone] * 2 + [()] * 2
    assert course(strategy="probe-then-finetune", epochs=1).layers_at_rest(1) == ()


def test_a_time_limit_wakes_the_backbone_in_a_run_that_it_makes_shorter() -> None:
    backbone = tuple(range(DEPTH))
    probe = course(strategy="probe-then-finetune", epochs=100)
    assert probe.layers_at_rest(2, spent=0.1) == backbone
    assert probe.layers_at_rest(3, spent=0.2) == ()
    still = course(strategy="feature-extraction", epochs=100)
    assert still.layers_at_rest(3, spent=0.2) == backbone


def test_without_weights_all_layers_learn_alike_and_that_is_said() -> None:
    said: list[Event] = []
    recipe = Recipe.read({"strategy": "probe-then-finetune", "l2_sp": 0.1}, Task.DETECTION)
    found = course_of(recipe, DEPTH, 20, pretrained=False, batch=2, reporter=Reporter(said.append))
    assert found == Course((), (), 0, 1.0, False, 0.0)
    assert [e.code for e in said if isinstance(e, Remark)] == ["training.probe_skipped"]
    frozen = course(pretrained=False, strategy="feature-extraction")
    assert frozen.frozen == tuple(range(DEPTH))


def test_small_batches_leave_the_averages_of_pretrained_layers_alone() -> None:
    assert course(batch=2).still_norms and not course(batch=8).still_norms
    assert course(batch=8, freeze_batch_norm="yes").still_norms
    assert not course(batch=2, freeze_batch_norm="no").still_norms
    assert not course(batch=2, pretrained=False).still_norms


def test_only_averages_that_came_with_the_weights_are_kept_still(network: Network) -> None:
    """The head of a small network has 64 channels a level for 3 labels, and 80 for COCO's."""
    from tlstudio.ml.ultralytics.lessons import Lessons

    made, coco = network("yolo11n", 3), network("yolo11n", 80).state_dict()
    every = [module for module in made.modules() if isinstance(module, nn.BatchNorm2d)]
    still = filled_norms(made, weights.fitting(made, coco).tensors)
    assert len(every) - len(still) == 9, "three a level"
    backbone = filled_norms(made, weights.fitting(made, coco, backbone=True).tensors)
    assert backbone == still[: len(backbone)] and len(backbone) < len(still)
    assert filled_norms(made, None) == every
    lessons: Any = Lessons.__new__(Lessons)
    lessons.model, lessons.freeze_layer_names, lessons.still_norms = made, [], still
    lessons._model_train()
    assert [norm for norm in every if not norm.training] == still


def test_rates_fall_from_the_head_to_the_input(network: Network) -> None:
    made = network()
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in made.parameters() if p.ndim > 1], "param_group": "weight"},
            {"params": [p for p in made.parameters() if p.ndim <= 1], "param_group": "bias"},
        ],
        lr=0.1,
    )
    depth = backbone_depth(made)
    spread_rates(made, optimizer, depth, 0.5)
    layer = {id(p): layer_of(name) for name, p in made.named_parameters()}
    seen = {layer[id(p)]: group["lr"] for group in optimizer.param_groups for p in group["params"]}
    assert seen[max(seen)] == seen[13] == pytest.approx(0.1)
    assert seen[depth - 1] == pytest.approx(0.05) and seen[0] == pytest.approx(0.1 * 0.5**depth)
    held = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in made.parameters())
    assert {group["param_group"] for group in optimizer.param_groups} == {"weight", "bias"}


def test_the_pull_takes_the_place_of_weight_decay_in_the_backbone(network: Network) -> None:
    made = network()
    optimizer = torch.optim.AdamW(made.parameters(), lr=0.1, weight_decay=0.3)
    depth = backbone_depth(made)
    spread_rates(made, optimizer, depth, 0.9)
    pull = pull_to_start(made, optimizer, depth, 0.5, gathered=8)
    layer = {id(p): layer_of(name) for name, p in made.named_parameters()}
    for group in optimizer.param_groups:
        inside = layer[id(group["params"][0])] < depth
        assert group["weight_decay"] == (0.0 if inside else 0.3)
    named = dict(made.named_parameters())
    first, last = named["model.0.conv.weight"], named["model.23.cv2.0.0.conv.weight"]
    with torch.no_grad():
        first += 1.0
        last += 1.0
    first.grad, last.grad = torch.zeros_like(first), torch.zeros_like(last)
    pull.apply()
    assert torch.allclose(first.grad, torch.full_like(first, 4.0), atol=1e-4)
    assert not last.grad.any()


@pytest.mark.parametrize(
    ("images", "epochs", "gathered"),
    [(24, 10, 8), (205, 60, 24), (2000, 60, 64), (100_000, 10, 64)],
)
def test_small_sets_take_more_steps(images: int, epochs: int, gathered: int) -> None:
    assert setting.gathered_of(images, 8, epochs) == gathered


def test_the_last_epochs_see_whole_images_however_many_there_are() -> None:
    def whole(epochs: int) -> list[int]:
        return [epoch for epoch in range(epochs) if setting.whole_now(epoch, epochs, False)]

    assert whole(100) == list(range(90, 100)) and whole(8) == [4, 5, 6, 7]
    assert whole(2) == [1] and whole(1) == []
    assert setting.whole_now(90, 101, True), "one epoch more brings no mosaics back"
    assert not setting.whole_now(2, 100, True), "after a first epoch that was slow"


def test_a_processor_gets_no_mixed_precision_and_no_other_processes(tmp_path: Any) -> None:
    device = Device("cpu", "")
    facts = {"epochs": 12, "side": 64, "batch": 4, "gathered": 8, "augmentation": "medium"}
    told = setting.overrides(Recipe(), "yolo11n", device, tmp_path, **facts)
    assert (told["amp"], told["workers"], told["plots"], told["save"]) == (False, 0, False, False)
    assert (told["optimizer"], told["close_mosaic"], told["mosaic"]) == ("auto", 0, 1.0)
    own = setting.overrides(Recipe(learning_rate=0.003), "yolo11n", device, tmp_path, **facts)
    assert (own["optimizer"], own["lr0"]) == ("AdamW", 0.003)
    assert (told["fliplr"], told["flipud"]) == (0.5, 0.0)
    assert setting.rounds_of(10, 5, 3, 60) == 10 and setting.rounds_of(100, 5, 3, 0) == 1


def test_nothing_is_mirrored_where_that_is_not_wanted(tmp_path: Any) -> None:
    facts = {"epochs": 12, "side": 64, "batch": 4, "gathered": 8, "augmentation": "strong"}
    both, none = (
        setting.overrides(Recipe(mirror=choice), "yolo11n", Device("cpu", ""), tmp_path, **facts)
        for choice in ("yes", "no")
    )
    assert none == {**both, "fliplr": 0.0, "flipud": 0.0} and both["flipud"] == 0.5
