"""Job import-weights for segmenters: a whole model's file, published or saved by its library.

The store keeps it under the model's own names. A file of the backbone alone belongs to the
classifier of that name and is refused here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from tlstudio.catalog.index import is_official
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.files import sha256_of
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.weights import store
from tlstudio.ml.zoo.loading import load_whole
from tlstudio.ml.zoo.reading import read_weights
from tlstudio.ml.zoo.segmenter import build_segmenter

OUTPUTS = 21
"""Classes of the published files: the 20 things of Pascal VOC and the background."""


def import_weights(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Read, match and store; see `tlstudio.ml.weights.import_weights`."""
    spec = ModelSpec.from_json(job.params["model"])
    source, out = Path(job.params["file"]), Path(job.params["out"])
    reporter.emit(Progressed("weights.reading", 0, 3))
    given = read_weights(source)
    sha256 = sha256_of(source, watch=reporter.check)
    reporter.emit(Progressed("weights.matching", 1, 3))
    torch.manual_seed(0)
    model = build_segmenter(spec, OUTPUTS, size=spec.sizes.nearest(spec.input_size))
    matched = load_whole(model, given, model.published, file=str(source), name=spec.id)
    kept = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if name not in {*matched.missing, *matched.misshapen}
    }
    reporter.check()
    reporter.emit(Progressed("weights.writing", 2, 3))
    store(kept, out, {"model": spec.id, "sha256": sha256})
    reporter.emit(Progressed("weights.writing", 3, 3))
    return {
        "model": spec.id,
        "sha256": sha256,
        "verified": is_official(spec, sha256),
        "keys_matched": matched.keys_matched,
        "keys_missing": matched.keys_missing,
    }
