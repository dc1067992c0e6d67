"""Networks of the SAM family from ultralytics' own builders, empty: no file of theirs is read."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from tlstudio.domain.models import ModelSpec
from tlstudio.ml.ultralytics.quiet import open_quietly

_BUILDERS = {
    "mobile_sam": "build_mobile_sam",
    "sam_b": "build_sam_vit_b",
    "sam_l": "build_sam_vit_l",
    **{f"{line}_{size}": f"build_sam2_{size}" for line in ("sam2", "sam2.1") for size in "tsbl"},
}
# What only video needs: parts, and tables of their own.
_PARTS = ("memory_attention", "memory_encoder", "mask_downsample", "obj_ptr_proj",
          "obj_ptr_tpos_proj")  # fmt: skip
_TABLES = ("maskmem_tpos_enc", "no_mem_pos_enc", "no_obj_ptr", "no_obj_embed_spatial")


def build(spec: ModelSpec) -> nn.Module:
    """The network of `spec` with random weights, in eval mode, without its parts for video.

    Its names are those of the published files.
    """
    open_quietly()
    from ultralytics.models.sam import build as builders

    make: Callable[[], nn.Module] = getattr(builders, _BUILDERS[spec.id])
    network = make()
    for part in _PARTS:
        if hasattr(network, part):
            setattr(network, part, nn.Identity())
    for table in _TABLES:
        if hasattr(network, table):
            delattr(network, table)
    return network.eval().requires_grad_(False)
