"""Segmentation: patches, losses, training, sliding windows, prediction, ONNX.

The functions are what the worker's table names; their modules load when they are called.
"""

from __future__ import annotations

from typing import Any

from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Train as the job says and keep the best model in its folder; see `trainer.train`."""
    from tlstudio.ml.segmentation.trainer import train as run

    return run(job, reporter)


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Regions of the job's images, as JSON lines; see `predicting.predict`."""
    from tlstudio.ml.segmentation.predicting import predict as run

    return run(job, reporter)


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer requests until the parent closes the channel; see `predicting.serve`."""
    from tlstudio.ml.segmentation.predicting import serve as run

    return run(job, reporter)


def import_weights(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """A file of a whole segmenter, or of its backbone, into the store; see `importing`."""
    from tlstudio.ml.segmentation.importing import import_weights as run

    return run(job, reporter)
