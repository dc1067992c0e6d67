"""Weights from a file into a backbone: names matched, positions interpolated, the rest told."""

from __future__ import annotations

import math
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tlstudio.domain.errors import UserError

_PREFIXES = ("module.", "_orig_mod.", "backbone.", "model.", "encoder.")
_STATISTICS = ("running_mean", "running_var")
# torchvision's DenseNet files spell the layers of a dense block "norm.1", its modules "norm1".
_OLD_DENSENET = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..+)$")


@dataclass(frozen=True, slots=True)
class Matched:
    """How a file fitted: `missing` names the backbone's keys it lacks, `misshapen` those it has
    in another shape (counted as missing), `unused` what the backbone has no place for."""

    keys_matched: int
    keys_missing: int
    missing: tuple[str, ...]
    misshapen: tuple[str, ...]
    unused: tuple[str, ...]


def backbone_keys(module: nn.Module) -> list[str]:
    """Names of what is learned: parameters and the statistics of batch norm.

    Counters and tables that follow from the architecture are not among them.
    """
    buffers = (name for name, _ in module.named_buffers() if name.endswith(_STATISTICS))
    return [*(name for name, _ in module.named_parameters()), *buffers]


def load_backbone(
    model: nn.Module,
    state_dict: Mapping[str, Tensor],
    *,
    file: str | None = None,
    name: str = "this model",
) -> Matched:
    """Copy what fits into the module `backbone` of `model`; its head is not touched.

    Prefixes such as "module." and "backbone." are tolerated, heads and auxiliary branches
    ignored, position embeddings interpolated to the model's image size. Raises
    UserError("weights.mismatch"), with nothing copied, where fewer than half of the backbone's
    keys match.
    """
    backbone = model.get_submodule("backbone")
    own = backbone.state_dict()
    wanted = backbone_keys(backbone)
    found, unused = _find(own, _library_names(backbone, _strip(own, state_dict)))
    fitting = {key: value for key, value in found.items() if value.shape == own[key].shape}
    matched = [key for key in wanted if key in fitting]
    if 2 * len(matched) < len(wanted):
        raise UserError(
            "weights.mismatch", file=file, model=name, matched=len(matched), total=len(wanted)
        )
    with torch.no_grad():
        for key, value in fitting.items():
            own[key].copy_(value)
    misshapen = tuple(key for key in wanted if key in found and key not in fitting)
    return Matched(
        keys_matched=len(matched),
        keys_missing=len(wanted) - len(matched),
        missing=tuple(key for key in wanted if key not in found),
        misshapen=misshapen,
        unused=tuple(sorted(unused)),
    )


def load_whole(
    model: nn.Module,
    state_dict: Mapping[str, Tensor],
    published: Callable[[str], str],
    *,
    file: str | None = None,
    name: str = "this model",
) -> Matched:
    """Copy what fits into all of `model`, by its own names or those `published` gives for them;
    a last layer of another number of outputs stays as it is and counts as misshapen.

    Raises UserError("weights.mismatch"), with nothing copied, where fewer than half of all keys
    or of those outside the backbone match.
    """
    own = model.state_dict()
    plain = {key.removeprefix("module.").removeprefix("_orig_mod."): v
             for key, v in state_dict.items()}  # fmt: skip
    found = {
        key: plain[spelling]
        for key in own
        if (spelling := key if key in plain else published(key)) in plain
    }
    fitting = {key: value for key, value in found.items() if value.shape == own[key].shape}
    wanted = backbone_keys(model)
    matched = [key for key in wanted if key in fitting]
    rest = [key for key in wanted if not key.startswith("backbone.")]
    fits = 2 * sum(key in fitting for key in rest) >= len(rest)
    if not fits or 2 * len(matched) < len(wanted):
        raise UserError(
            "weights.mismatch", file=file, model=name, matched=len(matched), total=len(wanted)
        )
    with torch.no_grad():
        for key, value in fitting.items():
            own[key].copy_(value)
    used = {key if key in plain else published(key) for key in found}
    return Matched(
        keys_matched=len(matched),
        keys_missing=len(wanted) - len(matched),
        missing=tuple(key for key in wanted if key not in found),
        misshapen=tuple(key for key in wanted if key in found and key not in fitting),
        unused=tuple(sorted(set(plain) - used)),
    )


def _find(
    own: Mapping[str, Tensor], given: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], set[str]]:
    """The given tensors under the backbone's names, and the names it has no place for."""
    found: dict[str, Tensor] = {}
    unused: set[str] = set()
    for name, value in given.items():
        if name not in own:
            unused.add(name)
        elif name.endswith(("num_batches_tracked", *_STATISTICS)) or value.is_floating_point():
            found[name] = _fit_positions(name, value, own[name].shape)
    return found, unused


def _strip(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`given` under names of `own` where some spelling of the name is one."""
    result: dict[str, Tensor] = {}
    for name, value in given.items():
        known = next((spelling for spelling in _spellings(name) if spelling in own), name)
        result.setdefault(known, value)
    return result


def _spellings(name: str) -> Iterator[str]:
    yield name
    if old := _OLD_DENSENET.match(name):
        yield old[1] + old[2]
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            yield from _spellings(name.removeprefix(prefix))


def _library_names(backbone: nn.Module, given: dict[str, Tensor]) -> Mapping[str, Tensor]:
    """`given` through timm's own conversion of published files, for a model of timm."""
    home = type(backbone).__module__
    if not home.startswith("timm.models."):
        return given
    convert = getattr(sys.modules[home], "checkpoint_filter_fn", None)
    if convert is None:
        return given
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on the speed of its interpolation
            converted: Mapping[str, Tensor] = convert(dict(given), backbone)
    except (KeyError, AttributeError, RuntimeError, TypeError, ValueError, IndexError):
        return given  # not a file of this model; the count of matching keys will say so
    return converted


def _fit_positions(name: str, value: Tensor, shape: torch.Size) -> Tensor:
    """Position embeddings [1, tokens, D] brought to the grid that `shape` asks for.

    The tokens are extra ones (class token) followed by a square grid; interpolated bicubically,
    as Dosovitskiy et al. 2021 (An image is worth 16x16 words, section 3.2) propose in 2-D.
    """
    if "pos_emb" not in name or value.ndim != 3 or value.shape == shape or len(shape) != 3:
        return value
    old, new = math.isqrt(value.shape[1]), math.isqrt(shape[1])
    extra = value.shape[1] - old * old
    if value.shape[2] != shape[2] or extra != shape[1] - new * new:
        return value
    grid = value[:, extra:].float().reshape(1, old, old, -1).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=(new, new), mode="bicubic", align_corners=False)
    tokens = grid.permute(0, 2, 3, 1).reshape(1, new * new, -1).to(value.dtype)
    return torch.cat([value[:, :extra], tokens], dim=1)
