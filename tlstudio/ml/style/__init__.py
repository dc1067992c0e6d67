"""Style transfer: feature networks, the optimisation of one picture, networks of one style.

The functions are what the worker's table names; their modules load when they are called.
"""

from __future__ import annotations

from typing import Any

from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter


def stylize(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Make one picture; see `optimising.stylize`."""
    from tlstudio.ml.style.optimising import stylize as run

    return run(job, reporter)


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer requests until the parent closes the channel; see `desk.serve`."""
    from tlstudio.ml.style.desk import serve as run

    return run(job, reporter)
