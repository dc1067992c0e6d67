"""A prompt as a request tells it, in pixels of the image, for a network, in its square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tlstudio.domain.errors import UserError
from tlstudio.ml.assist.networks import Prompt
from tlstudio.ml.assist.view import View


def read_prompt(
    body: Mapping[str, Any], view: View, answers: Mapping[str, list[Tensor]], device: torch.device
) -> Prompt:
    """The prompt in `body`; `previous` names one of `answers` to go on from.

    An answer that is known no more is left out: the points say the same again. ValueError where
    points and labels do not fit, UserError("assist.no_prompt") where there is neither a point
    nor a box.
    """
    points = torch.tensor(body.get("points") or [], dtype=torch.float32).reshape(-1, 2)
    labels = torch.tensor(body.get("labels") or [], dtype=torch.int32)
    if len(points) != len(labels):
        raise ValueError(f"{len(points)} points, {len(labels)} labels")
    box = body.get("box")
    if not len(points) and box is None:
        raise UserError("assist.no_prompt")
    corners = None
    if box is not None:
        x, y, width, height = (float(value) * view.scale for value in box)
        corners = (x, y, x + width, y + height)
    return Prompt(
        points=(points * view.scale).to(device),
        labels=labels.to(device),
        box=corners,
        previous=_previous(body.get("previous"), answers),
    )


def _previous(named: Any, answers: Mapping[str, list[Tensor]]) -> Tensor | None:
    if not named:
        return None
    outlines = answers.get(str(named["name"]), [])
    choice = int(named.get("choice", 0))
    return outlines[choice] if 0 <= choice < len(outlines) else None
