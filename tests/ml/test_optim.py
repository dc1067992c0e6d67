from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from tlstudio.ml.optim import Pull, Rates, groups, set_rates, stages_of, warm_cosine


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 4))
        self.first = nn.Linear(4, 4)
        self.second = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.head = nn.Linear(4, 2)


def stages(net: Net) -> list[list[nn.Parameter]]:
    return stages_of([[net.first], [nn.ReLU()], [net.second]], net)


def test_every_parameter_is_in_one_stage_from_input_to_output() -> None:
    net = Net()
    found = stages(net)
    assert [len(stage) for stage in found] == [3, 2, 2]
    assert found[0][0] is net.token and found[-1][0] is net.head.weight
    ids = [id(p) for stage in found for p in stage]
    assert sorted(ids) == sorted(id(p) for p in net.parameters())


def test_rates_fall_with_the_distance_from_the_head_and_biases_do_not_decay() -> None:
    net = Net()
    made = groups(stages(net), Rates(1.0, 0.5, 0.01), last=3)
    by_parameter = {id(p): g for g in made for p in g["params"]}
    assert by_parameter[id(net.head.weight)]["lr"] == 1.0
    assert by_parameter[id(net.second[0].weight)]["lr"] == 0.5
    assert by_parameter[id(net.first.weight)]["lr"] == 0.25
    assert by_parameter[id(net.first.weight)]["weight_decay"] == 0.01
    assert by_parameter[id(net.first.bias)]["weight_decay"] == 0.0


def test_stages_that_do_not_learn_are_frozen_and_thaw_again() -> None:
    net = Net()
    made = groups(stages(net), Rates(1.0), last=1)
    assert sum(len(g["params"]) for g in made) == 2
    assert not net.first.weight.requires_grad and net.head.weight.requires_grad
    groups(stages(net), Rates(1.0), last=3, still={id(net.first.bias)})
    assert net.first.weight.requires_grad and not net.first.bias.requires_grad


def test_the_schedule_warms_up_and_ends_low() -> None:
    shares = [warm_cosine(step, 100) for step in range(100)]
    assert shares[:10] == pytest.approx([i / 10 for i in range(1, 11)])
    assert all(a >= b for a, b in pairwise(shares[9:]))
    assert 0.01 <= shares[-1] < 0.02
    assert warm_cosine(0, 1) == 1.0


def test_rates_follow_the_schedule_from_their_highest() -> None:
    net = Net()
    optimizer = torch.optim.AdamW(groups(stages(net), Rates(0.1, 0.5), last=3))
    set_rates(optimizer, 0.5)
    set_rates(optimizer, 0.5)
    assert sorted({g["lr"] for g in optimizer.param_groups}) == pytest.approx([0.0125, 0.025, 0.05])


def test_the_pull_is_the_gradient_of_half_the_squared_distance() -> None:
    layer = nn.Linear(3, 3)
    pull = Pull(list(layer.parameters()), 0.2)
    start = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight += 1.0
    layer.weight.grad = torch.ones(3, 3)
    pull.apply()
    assert torch.allclose(layer.weight.grad, 1 + 0.2 * (layer.weight.detach() - start))
    assert layer.bias.grad is None
