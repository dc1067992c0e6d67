"""A warm worker: requests in, answers out, the model of the last request kept ready."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.checkpoint import BEST_WEIGHTS
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.starting import begin

K = TypeVar("K")


class Warm(Generic[K]):
    """The model used last, loaded again only when its file has changed."""

    def __init__(self, load: Callable[[Path, Device], K], device: Device) -> None:
        self._load, self._device = load, device
        self._mark: tuple[str, int] | None = None
        self._kept: K | None = None

    def kept(self, folder: Path) -> K:
        try:
            mark = (str(folder), (folder / BEST_WEIGHTS).stat().st_mtime_ns)
        except OSError:
            raise UserError("training.no_best", file=str(folder)) from None
        if self._kept is None or mark != self._mark:
            self._kept, self._mark = self._load(folder, self._device), mark
        return self._kept


def serve(
    job: JobSpec,
    reporter: Reporter,
    load: Callable[[Path, Device], K],
    answer: Callable[[K, dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """Answer each request {id, run_folder, …} with an Answer event until the parent closes the
    channel; `answer(model, request)` gives its result, and its UserErrors are answers too."""
    device = begin(job.params.get("device", "auto"), reporter)
    warm = Warm(load, device)
    if job.params.get("run_folder"):
        warm.kept(Path(job.params["run_folder"]))
    served = 0
    for line in reporter.requests():
        reporter.emit(_answered(line, warm, answer))
        served += 1
    if reporter.orders.cancel.is_set():
        reporter.check()
    return {"device": device.name, "served": served}


def _answered(
    line: str, warm: Warm[K], answer: Callable[[K, dict[str, Any]], dict[str, Any]]
) -> Answer:
    name = ""
    try:
        request = json.loads(line)
        name = str(request["id"])
        return Answer(name, answer(warm.kept(Path(request["run_folder"])), request))
    except UserError as error:
        params = {key: str(value) for key, value in error.params.items()}
        return Answer(name, error={"code": error.code, "params": {"file": error.file, **params}})
    except (ValueError, KeyError, TypeError):
        return Answer(name, error={"code": "training.bad_request", "params": {}})
