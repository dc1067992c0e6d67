"""Image classification: data, augmentation, cached features, probe, strategies, prediction.

The three functions are what the worker's table names; their modules load when they are called.
"""

from __future__ import annotations

from typing import Any

from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Train as the job says and keep the best model in its folder; see `trainer.train`."""
    from tlstudio.ml.classification.trainer import train as run

    return run(job, reporter)


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Probabilities of the job's images, as JSON lines; see `predicting.predict`."""
    from tlstudio.ml.classification.predicting import predict as run

    return run(job, reporter)


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer requests until the parent closes the channel; see `predicting.serve`."""
    from tlstudio.ml.classification.predicting import serve as run

    return run(job, reporter)
