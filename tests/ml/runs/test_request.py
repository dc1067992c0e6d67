"""What a run is asked for, with what it leaves automatic settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tlstudio.domain.runs import JobSpec
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
