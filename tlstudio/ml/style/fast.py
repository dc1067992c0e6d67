"""Feed-forward stylizers: training as a run, and restyling with what it keeps.

The functions are what the worker's table names; their modules load when they are called.
"""

from __future__ import annotations

from typing import Any

from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter


def train(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Train as the job says and keep the best model in its folder; see `fast_trainer.train`."""
    from tlstudio.ml.style.fast_trainer import train as run

    return run(job, reporter)


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """The job's images in the learned style, a picture each; see `fast_restyling.predict`."""
    from tlstudio.ml.style.fast_restyling import predict as run

    return run(job, reporter)


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Restyle what is asked for until the parent closes the channel; see `fast_restyling.serve`."""
    from tlstudio.ml.style.fast_restyling import serve as run

    return run(job, reporter)
