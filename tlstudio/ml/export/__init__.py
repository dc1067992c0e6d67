"""Taking a trained model away: ONNX, the bundle around it, and the check that both agree.

`export` is what the worker's table names; its modules load when it is called.
"""

from __future__ import annotations

from typing import Any

from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter


def export(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Write the bundle the job asks for; see `exporting.export`."""
    from tlstudio.ml.export import exporting

    return exporting.export(job, reporter)
