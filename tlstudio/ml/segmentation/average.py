"""The running mean of a model's weights: calmer than the weights themselves while they learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

DECAY = 0.98


class Average:
    """Means of all floating-point tensors of `model`, its statistics included (Polyak; as in
    Tarvainen and Valpola 2017). The first steps count more, so that no start is dragged along."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._steps = 0
        self._means = {name: t.detach().clone() for name, t in model.state_dict().items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now."""
        self._steps += 1
        decay = min(DECAY, self._steps / (self._steps + 9))
        own, others = [], []
        for name, value in self._model.state_dict().items():
            mean = self._means[name]
            if value.is_floating_point():
                own.append(mean)
                others.append(value.detach())
            else:
                mean.copy_(value)
        torch._foreach_lerp_(own, others, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has the means for weights, and its own again at the end."""
        kept = {name: t.detach().clone() for name, t in self._model.state_dict().items()}
        self._model.load_state_dict(self._means)
        try:
            yield
        finally:
            self._model.load_state_dict(kept)

    def weights(self) -> Mapping[str, Tensor]:
        return self._means

    def to_save(self) -> dict[str, object]:
        return {"average": {"steps": self._steps, "means": self._means}}

    def load(self, saved: Mapping[str, Any]) -> None:
        table = saved["average"]
        self._steps = int(table["steps"])
        for name, value in table["means"].items():
            self._means[name].copy_(value)
