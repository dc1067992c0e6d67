"""Detection networks of ultralytics, built from the descriptions it ships, without weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from torch import nn

from tlstudio.domain.models import ModelSpec
from tlstudio.ml.ultralytics.quiet import open_quietly

# Only these files are read: the library itself would also look for one of the name in the
# current folder.
_FOLDERS = {"yolov8": "v8", "yolo11": "11", "yolo26": "26"}


def description(model_id: str) -> dict[str, Any]:
    """The table of layers that the library ships for `model_id`, with its size chosen."""
    open_quietly()
    import ultralytics

    line, scale = model_id[:-1], model_id[-1]
    root = Path(ultralytics.__file__).parent / "cfg" / "models" / _FOLDERS[line]
    table: dict[str, Any] = yaml.safe_load((root / f"{line}.yaml").read_text(encoding="utf-8"))
    return {**table, "scale": scale, "yaml_file": f"{model_id}.yaml"}


def build(spec: ModelSpec, classes: int) -> nn.Module:
    """The network of `spec` for `classes` labels with random weights, in training mode.

    Its tensors have the names of the published files: model.0.conv.weight and so on.
    """
    table = {**description(spec.id), "nc": classes}
    from ultralytics.nn.tasks import DetectionModel

    make: Callable[..., nn.Module] = DetectionModel
    return make(table, ch=3, nc=classes, verbose=False)


def backbone_depth(network: nn.Module) -> int:
    """How many of the network's layers, from the input, are its backbone."""
    table: Any = network.yaml
    return len(table["backbone"])


def layer_of(name: str) -> int:
    """The layer that a tensor of this name belongs to: 3 for "model.3.conv.weight"."""
    return int(name.split(".")[1])
