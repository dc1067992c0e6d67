"""Job import-weights for segmenters: a whole model's file, published or saved by its library.

The store keeps it under the model's own names. A file of the backbone alone is stored for the
classifier of that name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.files import sha256_of
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.weights import of_backbone, stored
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
    try:
        matched = load_whole(model, given, model.published, file=str(source), name=spec.id)
    except UserError:
        if kept := of_backbone(job, given, sha256, reporter):
            return kept
        raise
    whole = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if name not in {*matched.missing, *matched.misshapen}
    }
    return stored(spec, whole, matched, out, sha256, reporter)
