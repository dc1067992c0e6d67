"""Job import-weights for promptable models: a published file becomes weights of the store.

params and result are those of tlstudio.ml.weights. Unlike a backbone, which can begin with half
of its weights, an outline needs them all: a file that lacks one is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from tlstudio.catalog.index import is_official
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.assist.networks import Promptable, empty, ready
from tlstudio.ml.files import sha256_of
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.weights import store
from tlstudio.ml.zoo.reading import read_weights

_PREFIXES = ("module.", "model.")


def import_weights(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Read, match and store; the store's old file stays unless all of it worked."""
    spec = ModelSpec.from_json(job.params["model"])
    source, out = Path(job.params["file"]), Path(job.params["out"])
    reporter.emit(Progressed("weights.reading", 0, 3))
    given = read_weights(source)
    sha256 = sha256_of(source, watch=reporter.check)
    reporter.emit(Progressed("weights.matching", 1, 3))
    network = empty(spec)
    tensors = fitting(network, given, file=str(source), name=spec.id)
    reporter.check()
    reporter.emit(Progressed("weights.writing", 2, 3))
    store(tensors, out, {"model": spec.id, "sha256": sha256})
    reporter.emit(Progressed("weights.writing", 3, 3))
    return {
        "model": spec.id,
        "sha256": sha256,
        "verified": is_official(spec, sha256),
        "keys_matched": len(tensors),
        "keys_missing": 0,
    }


def fitting(
    network: nn.Module, given: Mapping[str, Tensor], *, file: str, name: str
) -> dict[str, Tensor]:
    """The tensors of `given` for every name of `network`, in its own precision.

    What only video needs is left out. UserError("weights.incomplete") where one is missing or
    has another shape.
    """
    plain = {_plain(key): value for key, value in given.items()}
    wanted = network.state_dict()
    found = {
        key: plain[key].to(own.dtype)
        for key, own in wanted.items()
        if key in plain and plain[key].shape == own.shape
    }
    if len(found) < len(wanted):
        missing = next(key for key in wanted if key not in found)
        raise UserError(
            "weights.incomplete", file=file, model=name, matched=len(found), total=len(wanted),
            missing=missing,
        )  # fmt: skip
    return found


def load(spec: ModelSpec, file: Path, device: torch.device) -> Promptable:
    """The network of `spec` with the store's weights in `file`, on `device`.

    UserError weights.absent where there is no such file, weights.truncated where it is damaged,
    weights.incomplete where it is another model's.
    """
    if not file.is_file():
        raise UserError("weights.absent", model=spec.id)
    network = empty(spec)
    try:
        given = load_file(file)
    except Exception as trouble:
        raise UserError("weights.truncated", file=str(file)) from trouble
    network.load_state_dict(fitting(network, given, file=str(file), name=spec.id))
    return ready(network.to(device))


def _plain(key: str) -> str:
    for prefix in _PREFIXES:
        key = key.removeprefix(prefix)
    return key
