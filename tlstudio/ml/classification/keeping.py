"""What a classification run keeps: the best model with its facts, and the way to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from tlstudio.ml import checkpoint
from tlstudio.ml.classification.data import LabelName
from tlstudio.ml.classification.pixels import VERSION, Transform
from tlstudio.ml.classification.request import Request
from tlstudio.ml.loop import State


class Keeper:
    """Writes best.safetensors with best.json, and last.ckpt.

    `figures` is asked for the validation figures at the moment the best is kept. `optimizer`
    is set once there is one.
    """

    def __init__(
        self,
        request: Request,
        model: nn.Module,
        labels: tuple[LabelName, ...],
        transform: Transform,
        weights_used: dict[str, Any],
        figures: Callable[[], dict[str, float]],
    ) -> None:
        self._folder = request.folder
        self._request = request
        self._model = model
        self._labels = labels
        self._transform = transform
        self._weights_used = weights_used
        self._figures = figures
        self.optimizer: torch.optim.Optimizer | None = None
        self.precision = "32-true"

    def best(self, state: State) -> None:
        checkpoint.save_best(self._folder, self._model.state_dict(), self._facts(state))

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
            },
        )

    def _facts(self, state: State) -> dict[str, Any]:
        return {
            "version": 1,
            "model": self._request.spec.to_json(),
            "labels": [label.to_json() for label in self._labels],
            "image_size": self._transform.size,
            "mean": list(self._transform.mean),
            "std": list(self._transform.std),
            "interpolation": self._transform.interpolation,
            "preprocessing": VERSION,
            "dropout": self._request.recipe.dropout,
            "recipe": self._request.recipe.to_json(),
            "weights_used": self._weights_used,
            "epoch": state.best_epoch,
            "values": state.best,
            "metrics": self._figures(),
        }
