"""What a run is asked for, with what it leaves automatic settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tlstudio.domain.runs import JobSpec
from tlstudio.ml.checkpoint import BEST_FACTS
from tlstudio.ml.files import write_json
from tlstudio.ml.runs.request import Request


def test_mirroring_follows_from_the_labels_where_nothing_else_is_said(
    training_job: Callable[..., JobSpec],
) -> None:
    job = training_job()
    older = {name: value for name, value in job.params["recipe"].items() if name != "mirror"}

    def mirrored(names: list[str], **settings: object) -> bool:
        named = [{"id": k, "name": name, "role": "normal"} for k, name in enumerate(names, 1)]
        params = {**job.params, "labels": named, "recipe": older | settings}
        return Request.of(replace(job, params=params)).recipe.mirrored

    assert mirrored(["round", "bars"]) and not mirrored(["OD", "OS"])
    assert mirrored(["OD", "OS"], mirror="yes") and not mirrored(["round", "bars"], mirror="no")


def test_a_run_goes_on_with_the_settings_it_began_with(
    training_job: Callable[..., JobSpec],
) -> None:
    job = training_job()
    eyes = [{"id": k, "name": name, "role": "normal"} for k, name in enumerate(("OD", "OS"), 1)]
    Path(job.folder).mkdir(parents=True, exist_ok=True)

    def mirrored(settled: dict[str, Any] | None, **settings: object) -> bool:
        recipe = {**job.params["recipe"], "mirror": "auto", **settings}
        params = {**job.params, "labels": eyes, "recipe": recipe, "resume": settled is not None}
        write_json(Path(job.folder) / BEST_FACTS, {"recipe": settled})
        return Request.of(replace(job, params=params)).recipe.mirrored

    assert not mirrored(None), "nothing of an earlier run is taken at the start"
    assert mirrored({}), "all was shown mirrored before that was a setting"
    assert mirrored({"mirror": "yes"}) and not mirrored({"mirror": "no"})
    assert not mirrored({"mirror": "auto"}) and not mirrored({"mirror": "yes"}, mirror="no")
