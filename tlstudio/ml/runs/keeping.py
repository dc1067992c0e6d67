"""What a run keeps: the best model with its facts, and the way to go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.domain.errors import UserError
from tlstudio.ml import checkpoint
from tlstudio.ml.loop import State, Values
from tlstudio.ml.runs.request import Request
from tlstudio.ml.runs.snapshot import LabelName


class Keeper:
    """Writes best.safetensors with best.json, and last.ckpt.

    `facts` are the task's own beside those that every run keeps; `figures` is asked for the
    validation figures at the moment the best is kept, and `extra` for what else a run needs to
    go on. `weights` gives the tensors worth keeping where they are not the model's own.
    `optimizer` is set once there is one.
    """

    def __init__(
        self,
        request: Request,
        model: nn.Module,
        labels: Sequence[LabelName],
        weights_used: dict[str, Any],
        *,
        facts: Callable[[], Mapping[str, Any]],
        figures: Callable[[], Mapping[str, Any]],
        weights: Callable[[], Mapping[str, Tensor]] | None = None,
        extra: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._folder = request.folder
        self._request = request
        self._model = model
        self._labels = tuple(labels)
        self._weights_used = weights_used
        self._own, self._figures, self._extra = facts, figures, extra
        self._weights = weights or model.state_dict
        self.optimizer: torch.optim.Optimizer | None = None
        self.precision = "32-true"

    def best(self, state: State) -> None:
        checkpoint.save_best(self._folder, self._weights(), self._facts(state))

    def last(self, state: State) -> None:
        checkpoint.save_last(
            self._folder,
            {
                "version": 1,
                "state": state.to_json(),
                "labels": [label.id for label in self._labels],
                "precision": self.precision,
                "model": self._model.state_dict(),
                "optimizer": self.optimizer.state_dict() if self.optimizer else None,
                **self._extra(),
            },
        )

    def _facts(self, state: State) -> dict[str, Any]:
        return {
            "version": 1,
            "task": self._request.task.value,
            "model": self._request.spec.to_json(),
            "labels": [label.to_json() for label in self._labels],
            **self._own(),
            "recipe": self._request.recipe.to_json(self._request.task),
            "weights_used": self._weights_used,
            "epoch": state.best_epoch,
            "values": state.best,
            "metrics": dict(self._figures()),
        }


def saved_run(request: Request, labels: Sequence[LabelName]) -> dict[str, Any] | None:
    """The checkpoint a resumed run goes on from, or None; UserError("training.labels_changed")
    where the labels are no longer the same."""
    saved = checkpoint.load_last(request.folder) if request.resume else None
    if saved and saved["labels"] != [label.id for label in labels]:
        raise UserError("training.labels_changed")
    return saved


def state_of(
    request: Request, saved: dict[str, Any], better: Callable[[Values, Values], bool]
) -> State:
    """Where the checkpoint `saved` left the run. Its best is the kept model's where that is
    better: an epoch that was broken off is kept and no part of the checkpoint."""
    state = State(**saved["state"])
    facts = checkpoint.best_facts(request.folder)
    if facts is None or state.best_epoch is None:
        return state
    values: Values = facts["values"]
    if state.best.keys() <= values.keys() and better(values, state.best):
        state.best_epoch, state.best = facts["epoch"], values
    return state


def answer_of(
    request: Request, state: State, ended: str, metric: str, device: str, used: dict[str, Any]
) -> dict[str, Any]:
    """What a training job answers, from the kept model's facts; `metric` chose the best."""
    _weights, facts = checkpoint.load_best(request.folder)
    value = facts["metrics"].get(metric)
    best = None
    if value is not None:
        best = {"epoch": facts["epoch"], "metric": metric, "value": value}
    return {
        "ended": ended,
        "epochs": state.epoch,
        "metrics": facts["metrics"],
        "best": best,
        "device": device,
        "labels": facts["labels"],
        "weights_used": used,
    }
