"""Ultralytics without its habits: no network, no analytics, nothing outside our own folder.

The switches it reads from the environment are set before the worker starts (jobs.command); here
they are made sure of, and its settings file is written before it would write one of its own with
everything on and a fingerprint of this machine in it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

from PIL import Image

from tlstudio.domain.libraries import KEYS_KEPT_BACK, ULTRALYTICS_OFF

_OFF = ("sync", "clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")
_MESSAGES = ("vscode_msg", "openvino_msg")


def open_quietly() -> None:
    """Make it safe to import ultralytics; the first call imports its settings.

    RuntimeError where YOLO_CONFIG_DIR names no folder of ours: it would write into the home
    folder then.
    """
    place = os.environ.get("YOLO_CONFIG_DIR")
    if not place:
        raise RuntimeError("YOLO_CONFIG_DIR must name a folder before ultralytics is imported")
    os.environ.update(ULTRALYTICS_OFF)
    for key in KEYS_KEPT_BACK:
        os.environ.pop(key, None)
    import torch  # noqa: F401 - before ultralytics, which would leave torch on one thread

    folder = Path(place) / "Ultralytics"
    wanted = _settings(folder)
    file = folder / "settings.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f"settings.{os.getpid()}.json")
        beside.write_text(json.dumps(wanted), encoding="utf-8")
        beside.replace(file)
    image_open = Image.open
    from ultralytics.utils import SETTINGS

    Image.open = image_open  # theirs tries to install a decoder for what it cannot read
    different = {name: value for name, value in wanted.items() if SETTINGS.get(name) != value}
    if different:
        cast("Any", SETTINGS).update(different)


def _settings(folder: Path) -> dict[str, Any]:
    """What its settings must say; the rest are its own defaults."""
    places = {f"{name}_dir": str(folder / name) for name in ("datasets", "weights", "runs")}
    silence = dict.fromkeys((*_OFF, *_MESSAGES), False)
    return {**places, **silence, "uuid": "0" * 64, "api_key": "", "openai_api_key": ""}
