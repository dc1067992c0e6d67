from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.optim import Rates, stages_of
from tlstudio.ml.runs.plan import Plan
from tlstudio.ml.runs.tuning import Tuning, batch_norms, freezes_batch_norm

CPU = torch.device("cpu")


class Net(nn.Module):
    """Two blocks with batch norm, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
        self.second = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        self.head = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.second(self.first(x)))


def tuning(
    net: Net,
    plan: Plan,
    *,
    frozen: int = 0,
    norms: bool = False,
    spent: Callable[[], float] = lambda: 0.0,
    epochs: int = 5,
) -> Tuning:
    blocks = [[net.first], [net.second]]
    return Tuning(
        net,
        stages_of(blocks, net),
        blocks,
        plan,
        norms=batch_norms(net) if norms else [],
        device=CPU,
        steps=4,
        epochs=epochs,
        frozen_epochs=frozen,
        spent=spent,
    )


def step(net: Net, tuned: Tuning, number: int) -> set[str]:
    """The names of what one step changes."""
    before = {name: value.clone() for name, value in net.state_dict().items()}
    tuned.rate(number)
    tuned.optimizer.zero_grad(set_to_none=True)
    net(torch.randn(6, 3)).square().sum().backward()
    tuned.after_backward()
    tuned.optimizer.step()
    after = net.state_dict()
    return {name for name in before if not torch.equal(before[name], after[name])}


ALL = Plan(True, 3, Rates(0.01, 0.5, 0.1), 0.0)


def test_batch_norm_is_frozen_with_pretrained_weights_and_small_batches() -> None:
    assert freezes_batch_norm(Recipe(), pretrained=True, batch=16)
    assert not freezes_batch_norm(Recipe(), pretrained=True, batch=32)
    assert not freezes_batch_norm(Recipe(), pretrained=False, batch=8)
    assert freezes_batch_norm(Recipe(freeze_batch_norm="yes"), pretrained=False, batch=64)


def test_in_the_first_epochs_only_the_head_learns_and_no_average_moves() -> None:
    net = Net()
    tuned = tuning(net, ALL, frozen=1)
    tuned.begin(1)
    assert step(net, tuned, 0) == {"head.weight", "head.bias"}
    tuned.begin(2)
    changed = step(net, tuned, 4)
    assert {"first.0.weight", "second.1.running_mean", "head.weight"} <= changed


def test_the_head_alone_and_then_all_of_it_have_a_course_of_rates_each() -> None:
    net = Net()
    tuned = tuning(net, ALL, frozen=2)
    rates = []
    for number in range(20):
        if number % 4 == 0:
            tuned.begin(1 + number // 4)
        tuned.rate(number)
        rates.append(tuned.optimizer.param_groups[0]["lr"])
    assert rates[7] < 0.2 * max(rates[:8]), "the first course ends low"
    assert max(rates[8:]) == pytest.approx(0.01), "and the second begins anew"
    assert rates[-1] < 0.1 * max(rates)


def test_where_a_time_limit_comes_first_the_courses_follow_the_time() -> None:
    """Two of five epochs fit the limit: they hold the whole of both courses, and the head's own
    ends at its share of the time, within the first of them."""
    net = Net()
    now = [0.0]
    tuned = tuning(net, ALL, frozen=2, spent=lambda: now[0])
    rates, frozen = [], []
    for number in range(8):
        now[0] = number / 8
        if number % 4 == 0:
            tuned.begin(1 + number // 4)
        tuned.rate(number)
        rates.append(tuned.optimizer.param_groups[0]["lr"])
        frozen.append(not net.first[0].weight.requires_grad)
    assert frozen == [True] * 2 + [False] * 6
    assert max(rates[2:]) == pytest.approx(0.01, rel=0.35) and rates[7] < 0.3 * max(rates[2:])


def test_what_thaws_within_an_epoch_learns_from_that_step_on() -> None:
    net, now = Net(), [0.0]
    tuned = tuning(net, ALL, frozen=2, spent=lambda: now[0])
    tuned.begin(1)
    assert step(net, tuned, 0) == {"head.weight", "head.bias"}
    now[0] = 0.2
    assert {"first.0.weight", "second.1.running_mean"} <= step(net, tuned, 1)
    tuned.begin(2)
    assert {"first.0.weight", "second.1.running_mean"} <= step(net, tuned, 4)
    net, now[0] = Net(), 0.0
    tuned = tuning(net, ALL, frozen=2, norms=True, spent=lambda: now[0])
    tuned.begin(1)
    now[0] = 0.2
    changed = step(net, tuned, 1)
    assert "first.0.weight" in changed and not any(".1." in name for name in changed)


def test_it_settles_until_all_of_it_learns_at_full_rates() -> None:
    def ends(frozen: int, spent: Callable[[], float] = lambda: 0.0) -> list[bool]:
        tuned = tuning(Net(), ALL, frozen=frozen, spent=spent, epochs=40)
        found = []
        for epoch in range(40):
            tuned.begin(1 + epoch)
            for number in range(4):
                tuned.rate(4 * epoch + number)
            found.append(tuned.settling())
        return found

    assert ends(0) == [True] * 4 + [False] * 36
    assert ends(10) == [True] * 13 + [False] * 27
    assert ends(10, spent=lambda: 0.2) == [True] * 4 + [False] * 36


def test_a_resumed_run_is_on_the_course_of_the_one_that_was_not_broken_off() -> None:
    whole, late = tuning(Net(), ALL, frozen=2), tuning(Net(), ALL, frozen=2)
    for epoch in range(1, 5):
        whole.begin(epoch)
    late.begin(4)
    for number in range(12, 16):
        whole.rate(number)
        late.rate(number)
        assert whole.optimizer.param_groups[0]["lr"] == late.optimizer.param_groups[0]["lr"]


def test_blocks_that_do_not_learn_rest_in_eval_mode() -> None:
    net = Net()
    tuned = tuning(net, Plan(True, 2, Rates(0.01), 0.0))
    tuned.begin(1)
    assert not net.first.training and net.second.training
    assert not any("first" in name for name in step(net, tuned, 0))


def test_batch_norm_that_is_frozen_keeps_its_averages_and_its_scale() -> None:
    net = Net()
    tuned = tuning(net, ALL, norms=True)
    tuned.begin(1)
    assert not any(".1." in name for name in step(net, tuned, 0))


def test_l2_sp_takes_the_place_of_weight_decay_on_the_backbone() -> None:
    net = Net()
    tuned = tuning(net, Plan(True, 3, Rates(0.01, 1.0, 0.1), 0.5))
    decays = {
        name: group["weight_decay"]
        for group in tuned.optimizer.param_groups
        for name, p in net.named_parameters()
        if any(p is own for own in group["params"])
    }
    assert decays["first.0.weight"] == 0.0 and decays["head.weight"] == 0.1
