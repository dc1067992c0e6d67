"""Assisted outlines: a promptable model looks at an image once and outlines what is pointed at.

The two functions are what the worker's table names; their modules load when they are called.
"""

from __future__ import annotations

from typing import Any

from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer embeddings and prompts until the parent closes the channel; see `desk.serve`."""
    from tlstudio.ml.assist.desk import serve as run

    return run(job, reporter)


def import_weights(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Store a promptable model's weights from a file; see `weights.import_weights`."""
    from tlstudio.ml.assist.weights import import_weights as run

    return run(job, reporter)
