"""What libraries that would use the network by themselves are told through the environment."""

from __future__ import annotations

from collections.abc import Mapping

ULTRALYTICS_OFF: Mapping[str, str] = {
    "YOLO_OFFLINE": "1",
    "YOLO_AUTOINSTALL": "0",
    "YOLO_VERBOSE": "0",
    "ULTRALYTICS_SKIP_REQUIREMENTS_CHECKS": "1",
    "ULTRALYTICS_SAFE_LOAD": "1",
}
"""No look for a connection, nothing installed, no pickle executed. Read at its import."""

KEYS_KEPT_BACK = (
    "ULTRALYTICS_API_KEY",
    "WANDB_API_KEY",
    "COMET_API_KEY",
    "CLEARML_API_ACCESS_KEY",
)
"""Keys of services that would be told of the work if a worker had them."""
