"""Rows of the catalogue's table of segmenters, counted on the meta device."""

from __future__ import annotations

from typing import Any

import torch

from tlstudio.catalog import segmenters
from tlstudio.ml.zoo.segmenter import build_segmenter


def segmenter_rows() -> list[dict[str, Any]]:
    """One row for each pair of the catalogue: its parameters with one label and the background."""
    rows = []
    known = [spec.id for spec in segmenters.segmenters()]
    for name in dict.fromkeys([*segmenters.counted(), *known]):
        spec = segmenters.find(name)
        if spec is None:
            continue
        with torch.device("meta"):
            model = build_segmenter(spec, 2, size=spec.sizes.nearest(spec.input_size))
        rows.append({"id": spec.id, "params": sum(p.numel() for p in model.parameters())})
    return rows
