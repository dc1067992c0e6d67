from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import EpochEnded, Event, Progressed
from tlstudio.domain.runs import Ended
from tlstudio.ml.loop import Budget, Learning, State, Values, fit
from tlstudio.ml.reporter import Orders, Reporter


class Plain:
    """A Fabric that changes nothing."""

    def setup(self, model: nn.Module, optimizer: Any) -> tuple[nn.Module, Any]:
        return model, optimizer

    def backward(self, loss: Tensor) -> None:
        loss.backward()


class Kept:
    def __init__(self) -> None:
        self.bests: list[int | None] = []
        self.lasts: list[int] = []

    def best(self, state: State) -> None:
        self.bests.append(state.best_epoch)

    def last(self, state: State) -> None:
        self.lasts.append(state.epoch)


def learning(scores: list[float], **changes: Any) -> Learning[Tensor]:
    """One weight pulled to 3; `scores` are what the validations say, one after the other."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    told = iter(scores)

    def batches(epoch: int) -> Iterator[Tensor]:
        for step in range(4):
            yield torch.full((2, 1), 1.0 + (epoch * 4 + step) % 3)

    def evaluate() -> Values:
        score = next(told, None)
        return {} if score is None else {"score": score}

    facts: dict[str, Any] = {
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.01),
        "batches": batches,
        "losses": lambda m, x: {"loss": (m(x) - 3 * x).square().mean()},
        "rate": lambda step: None,
        "train_mode": lambda epoch: None,
        "evaluate": evaluate,
        "better": lambda new, best: new["score"] > best["score"],
    }
    return Learning(**(facts | changes))


def go(
    task: Learning[Tensor], budget: Budget, state: State | None = None, orders: Orders | None = None
) -> tuple[Ended, State, Kept, list[Event]]:
    state, kept, heard = state or State(), Kept(), []
    reporter = Reporter(heard.append, orders)
    ended = fit(Plain(), task, budget, state, kept, reporter, stage="s")
    return ended, state, kept, heard


def test_it_learns_keeps_the_best_and_says_each_epoch() -> None:
    task = learning([0.1, 0.3, 0.2])
    ended, state, kept, heard = go(task, Budget(3, 4))
    epochs = [e for e in heard if isinstance(e, EpochEnded)]
    assert ended is Ended.COMPLETED
    assert kept.bests == [1, 2] and kept.lasts == [1, 2, 3]
    assert (state.best_epoch, state.best["score"]) == (2, 0.3)
    assert [e.best for e in epochs] == [True, True, False]
    losses = [e.values["train_loss"] for e in epochs]
    assert losses[0] > losses[1] > losses[2]
    assert [e.done for e in heard if isinstance(e, Progressed)][-1] == 12


def test_it_ends_early_when_it_no_longer_gets_better() -> None:
    ended, state, _, _ = go(learning([0.5, 0.4, 0.3, 0.9]), Budget(9, 4, patience=2))
    assert ended is Ended.EARLY
    assert (state.epoch, state.best_epoch) == (3, 1)


def test_a_best_from_before_the_first_epoch_is_never_lost_to_a_worse_one() -> None:
    state = State(best_epoch=0, best={"score": 0.8})
    _, state, kept, _ = go(learning([0.7, 0.6]), Budget(2, 4), state)
    assert state.best_epoch == 0 and kept.bests == []


def test_an_epoch_that_was_better_before_it_was_broken_off_is_not_said_to_be_best() -> None:
    state = State(epoch=1, best_epoch=2, best={"score": 0.8}, peak={"score": 0.3})
    _, state, kept, heard = go(learning([0.7]), Budget(2, 4), state)
    assert kept.bests == [] and state.peak["score"] == 0.7
    assert [(e.epoch, e.best) for e in heard if isinstance(e, EpochEnded)] == [(2, False)]


def test_a_best_from_before_the_first_epoch_does_not_use_up_the_patience() -> None:
    state = State(best_epoch=0, best={"score": 0.8})
    task = learning([0.5, 0.6, 0.7, 0.9, 0.1, 0.1])
    ended, state, kept, _ = go(task, Budget(9, 4, patience=2), state)
    assert ended is Ended.EARLY and kept.bests == [4] and state.epoch == 6


def test_epochs_before_all_of_it_learns_at_full_rates_use_up_no_patience() -> None:
    """Neither by their number nor by their best, which is kept all the same."""
    epochs = [0]
    scores = [0.9, 0.8, 0.1, 0.1, 0.2, 0.3, 0.1, 0.1]
    task = learning(scores, train_mode=lambda n: epochs.append(n), settling=lambda: epochs[-1] < 5)
    ended, state, kept, _ = go(task, Budget(99, 4, patience=2))
    assert ended is Ended.EARLY and state.epoch == 8
    assert kept.bests == [1] and state.peak["score"] == 0.3


def test_epochs_that_find_nothing_use_up_a_longer_patience() -> None:
    facts = {"fruitless": lambda values: values["score"] == 0}
    lucky = [0, 0, 0, 0.1, 0, 0, 0, 0.05, 0, 0.3, 0.2, 0.2]
    ended, state, _, _ = go(learning(lucky, **facts), Budget(13, 4, patience=2))
    assert ended is Ended.EARLY and (state.epoch, state.peak["score"]) == (12, 0.3)
    blind = learning([0.0] * 13, **facts)
    ended, state, _, _ = go(blind, Budget(13, 4, patience=2))
    assert ended is Ended.EARLY and state.epoch == 6, "a third of the run after the first"


def test_without_validation_the_last_epoch_is_kept() -> None:
    _, state, kept, _ = go(learning([]), Budget(3, 4, patience=1))
    assert kept.bests == [1, 2, 3] and state.best_epoch == 3


def test_stop_finishes_the_batch_validates_and_keeps_the_best() -> None:
    orders = Orders()
    task = learning([0.2, 0.9], rate=lambda step: orders.stop.set() if step == 5 else None)
    ended, _, kept, heard = go(task, Budget(9, 4), orders=orders)
    assert ended is Ended.USER
    assert kept.bests == [1, 2]
    assert kept.lasts == [1], "an epoch broken off is repeated by a resumed run"
    assert [e.epoch for e in heard if isinstance(e, EpochEnded)] == [1, 2]


def test_the_time_limit_is_looked_at_every_batch() -> None:
    task = learning([0.2])
    ended, state, kept, _ = go(task, Budget(9, 4, deadline=time.monotonic() - 1))
    assert ended is Ended.TIME
    assert kept.bests == [1] and state.epoch == 0


def test_the_time_left_never_goes_past_the_time_limit() -> None:
    def slowly(epoch: int) -> Iterator[Tensor]:
        for _ in range(30):
            time.sleep(0.06)
            yield torch.ones(2, 1)

    task = learning([0.2], batches=slowly)
    *_, heard = go(task, Budget(1000, 30, deadline=time.monotonic() + 1.6))
    left = [e.seconds_left for e in heard if isinstance(e, Progressed) and e.seconds_left]
    assert left and max(left) <= 1.6


def test_cancel_raises_at_the_next_batch() -> None:
    orders = Orders()
    seen: list[int] = []

    def rate(step: int) -> None:
        seen.append(step)
        if step == 2:
            orders.cancel.set()

    with pytest.raises(Cancelled):
        go(learning([0.2], rate=rate), Budget(9, 4), orders=orders)
    assert seen == [0, 1, 2]


def test_a_loss_that_is_no_number_ends_the_run_with_the_best_or_an_error() -> None:
    def lost(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
        return {"loss": model(x).sum() * float("nan")}

    with pytest.raises(UserError) as raised:
        go(learning([0.2], losses=lost), Budget(2, 4))
    assert raised.value.code == "training.diverged"
    state = State(best_epoch=0, best={"score": 0.8})
    ended, state, kept, _ = go(learning([0.2], losses=lost), Budget(2, 4), state)
    assert ended is Ended.EARLY and kept.bests == []


def test_a_run_in_two_sittings_ends_where_one_sitting_ends() -> None:
    whole = learning([0.1, 0.2, 0.3])
    go(whole, Budget(3, 4))
    halves = learning([0.1, 0.2, 0.3])
    _, state, _, _ = go(halves, Budget(1, 4))
    go(halves, Budget(3, 4), State(**state.to_json()))
    assert torch.equal(whole.model.weight, halves.model.weight)  # type: ignore[arg-type]
