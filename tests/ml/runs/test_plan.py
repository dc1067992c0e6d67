from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tlstudio.catalog.index import find
from tlstudio.domain.recipe import Recipe
from tlstudio.ml.optim import stages_of
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.plan import Plan, make_plan
from tlstudio.ml.zoo import build


def plan(
    pretrained: bool = True,
    model: str = "squeezenet1_1",
    facts: Mapping[str, int] = MappingProxyType({}),
    **settings: object,
) -> Plan:
    spec = find(model)
    recipe = Recipe.read(settings)
    net = build(spec, 2, image_size=64)
    blocks = [modules for _, modules in net.blocks()]
    stages = len(stages_of(blocks, net))
    return make_plan(recipe, spec, stages, pretrained=pretrained, reporter=Reporter(), **facts)


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


def test_transformers_take_smaller_steps() -> None:
    assert plan(model="vit_b_32").rates.base < plan().rates.base
    assert plan(model="vit_b_32", learning_rate=0.5).rates.base == 0.5
    assert plan(model="vit_b_32").rates.decay < plan().rates.decay
    assert plan(layer_decay=0.5).rates.decay == 0.5


def test_a_head_that_no_probe_can_solve_learns_in_the_loop() -> None:
    assert plan(facts={"least": 1}, strategy="feature-extraction").learning == 1
    assert plan(facts={"least": 1}, strategy="full").frozen_epochs(20) == 0
    assert plan(facts={"least": 1}).frozen_epochs(20) == 3
    assert plan(facts={"least": 1}).frozen_epochs(1) == 0, "an only epoch is for all of it"
    assert plan(pretrained=False, facts={"least": 1}).frozen_epochs(20) == 0
