"""The store of weights: TLSTUDIO_HOME/weights/<model>.safetensors, and weights.json beside them."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tlstudio.domain.errors import UserError
from tlstudio.storage.clock import now
from tlstudio.storage.files import write_atomic
from tlstudio.storage.home import home

_LANDING = ".fetch-"
_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class WeightsReport:
    """One model's weights in the store.

    `sha256` is that of the file they came from; `verified` says that it is an officially
    published one; `keys_missing` counts the backbone's keys the file did not have; `source` is
    where it came from: an address, or the name of a file.
    """

    model: str
    sha256: str
    verified: bool
    keys_matched: int
    keys_missing: int
    source: str = ""
    added_at: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def folder() -> Path:
    return home() / "weights"


def file_of(model_id: str) -> Path:
    """Where the weights of this model are kept, whether they are there or not."""
    return folder() / f"{model_id.replace(':', '__')}.safetensors"


def present() -> dict[str, WeightsReport]:
    """What is in the store, by model; entries whose file is gone are left out."""
    return {model: report for model, report in _load().items() if file_of(model).is_file()}


def record(report: WeightsReport) -> WeightsReport:
    """Note where the weights of a model came from; the time is added."""
    stamped = WeightsReport(**{**report.to_json(), "added_at": now()})

    def edit(table: dict[str, WeightsReport]) -> None:
        table[stamped.model] = stamped

    _change(edit)
    return stamped


def remove(model_id: str) -> bool:
    """Take the weights of a model out of the store; False where there were none."""
    file = file_of(model_id)
    there = file.is_file()
    file.unlink(missing_ok=True)
    _change(lambda table: table.pop(model_id, None))
    return there


@contextmanager
def landing_place() -> Iterator[Path]:
    """An empty folder for a download, on the disk of the store; gone afterwards.

    What a killed program left behind a day or more ago is cleared away.
    """
    folder().mkdir(parents=True, exist_ok=True)
    for old in folder().glob(f"{_LANDING}*"):
        if time.time() - old.stat().st_mtime > _DAY:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder(), prefix=_LANDING) as place:
        yield Path(place)


def _index() -> Path:
    return folder() / "weights.json"


def _load() -> dict[str, WeightsReport]:
    """Entries of weights.json; one that cannot be read counts as not there."""
    try:
        rows = json.loads(_index().read_text(encoding="utf-8"))["weights"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    names = {field.name for field in fields(WeightsReport)}
    table = {}
    for row in rows if isinstance(rows, list) else []:
        try:
            report = WeightsReport(**{k: v for k, v in row.items() if k in names})
        except (TypeError, AttributeError):
            continue
        table[report.model] = report
    return table


def _change(edit: Callable[[dict[str, WeightsReport]], object]) -> None:
    path = _index()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=10):
            table = _load()
            edit(table)
            rows = [table[model].to_json() for model in sorted(table)]
            text = json.dumps({"version": 1, "weights": rows}, indent=1, ensure_ascii=False)
            write_atomic(path, f"{text}\n".encode())
    except (OSError, Timeout) as trouble:
        reason = getattr(trouble, "strerror", None) or str(trouble)
        raise UserError("weights.store", file=str(path), reason=reason) from trouble
