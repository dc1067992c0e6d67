"""Checkpoints that are data only: safetensors with JSON, or torch.load(weights_only=True)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tlstudio.domain.errors import UserError
from tlstudio.ml.files import read_json, replacing, write_json

LAST = "last.ckpt"
BEST_WEIGHTS = "best.safetensors"
BEST_FACTS = "best.json"


def save_last(folder: Path, payload: Mapping[str, Any]) -> None:
    """Everything a run needs to go on, in place of the checkpoint before it."""
    with replacing(folder / LAST) as beside:
        torch.save(dict(payload), beside)


def load_last(folder: Path) -> dict[str, Any] | None:
    """The last checkpoint, on the CPU, or None; UserError("training.checkpoint_damaged")."""
    path = folder / LAST
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file
        raise UserError("training.checkpoint_damaged", file=str(path)) from error
    return found


def save_best(folder: Path, weights: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """The kept model: its tensors, then what is needed to build it and read its answers."""
    whole = {name: t.detach().to("cpu").contiguous().clone() for name, t in weights.items()}
    with replacing(folder / BEST_WEIGHTS) as beside:
        save_file(whole, beside)
    write_json(folder / BEST_FACTS, dict(facts))


def best_facts(folder: Path) -> dict[str, Any] | None:
    """The facts of the kept model, or None; UserError("training.checkpoint_damaged")."""
    path = folder / BEST_FACTS
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = read_json(path)
    except ValueError as error:
        raise UserError("training.checkpoint_damaged", file=str(path)) from error
    return found


def load_best(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The kept tensors and facts; UserError("training.no_best") where nothing was kept yet."""
    weights, facts = folder / BEST_WEIGHTS, folder / BEST_FACTS
    if not (weights.is_file() and facts.is_file()):
        raise UserError("training.no_best", file=str(folder))
    try:
        return load_file(weights), read_json(facts)
    except (SafetensorError, ValueError) as error:
        raise UserError("training.checkpoint_damaged", file=str(weights)) from error
