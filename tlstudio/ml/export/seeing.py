"""How a bundle's model sees an image file, as bundle.json says it for every task."""

from __future__ import annotations

from typing import Any

from tlstudio.domain.windows import Window
from tlstudio.ml.export.card_parts import window_line


def seeing(steps: str, window: Window) -> dict[str, Any]:
    """The part of "preprocessing" that read_images.py goes by; `steps` names the rest."""
    told = window.to_json()
    return {
        "steps": steps,
        "frame": "the first, unless another is named",
        "orientation": "EXIF orientation applied",
        "alpha": "over white",
        "colour": "RGB, grey three times",
        "window": told,
        "window_text": window_line({"steps": steps, "window": told}),
    }
