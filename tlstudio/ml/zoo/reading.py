"""Weights out of a file that may come from anywhere: tensors or a clear refusal, no code run."""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tlstudio.domain.errors import UserError

_NESTS = ("state_dict_ema", "model_ema", "ema", "state_dict", "model", "module", "weights", "net")
_LARGEST_HEADER = 100 * 2**20


def read_weights(path: Path) -> dict[str, Tensor]:
    """Names and tensors in `path`: safetensors, or a PyTorch file read with weights_only.

    The content decides, not the ending of the name. A pickle that holds more than tensors is
    refused and never executed (weights.pickle); other UserErrors are weights.no_file, .empty,
    .truncated, .torchscript, .format, .no_tensors and .not_finite.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
            size = stream.seek(0, 2)
    except OSError as trouble:
        reason = trouble.strerror or type(trouble).__name__
        raise UserError("weights.no_file", file=str(path), reason=reason) from trouble
    if not head:
        raise UserError("weights.empty", file=str(path))
    # safetensors first: its first eight bytes are a length and may look like anything.
    if head[8:9] == b"{":
        tensors = _read_safetensors(path, struct.unpack("<Q", head[:8])[0], size)
    elif head.startswith(b"PK"):
        tensors = _read_zip(path)
    elif head.startswith(b"\x80"):
        tensors = _read_torch(path)
    else:
        raise UserError("weights.format", file=str(path))
    _check(tensors, path)
    return tensors


def _check(tensors: Mapping[str, Tensor], path: Path) -> None:
    if not tensors:
        raise UserError("weights.no_tensors", file=str(path))
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise UserError("weights.not_finite", file=str(path), name=name)


def _read_safetensors(path: Path, header: int, size: int) -> dict[str, Tensor]:
    if header > min(size - 8, _LARGEST_HEADER):
        raise UserError("weights.truncated", file=str(path))
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as trouble:
        raise UserError("weights.truncated", file=str(path)) from trouble


def _read_zip(path: Path) -> dict[str, Tensor]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as trouble:
        raise UserError("weights.truncated", file=str(path)) from trouble
    if any(name.endswith("/constants.pkl") for name in names):
        raise UserError("weights.torchscript", file=str(path))
    if not any(name.endswith("/data.pkl") for name in names):
        raise UserError("weights.format", file=str(path))
    return _read_torch(path)


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        # A stream, because torch.load goes by the ending of a path's name.
        with warnings.catch_warnings(), path.open("rb") as stream:
            warnings.simplefilter("ignore")
            content = torch.load(stream, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as trouble:
        # torch wraps whatever its restricted reader meets, a cut file included, in this error
        cut = "EOFError" in str(trouble) or "Ran out of input" in str(trouble)
        code = "weights.truncated" if cut else "weights.pickle"
        raise UserError(code, file=str(path)) from trouble
    except (EOFError, RuntimeError, OSError, ValueError, KeyError, TypeError, IndexError,
            AttributeError, AssertionError, struct.error) as trouble:  # fmt: skip
        raise UserError("weights.truncated", file=str(path)) from trouble
    return _unwrap(content)


def _unwrap(content: object) -> dict[str, Tensor]:
    """The table of tensors in `content`, looked for under the names training programs use."""
    for _ in range(4):
        if not isinstance(content, Mapping):
            return {}
        nest = next((n for n in _NESTS if isinstance(content.get(n), Mapping)), None)
        if nest is None:
            break
        content = content[nest]
    if not isinstance(content, Mapping):
        return {}
    return {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
