"""Verbs for models: models, weights, recipe."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlstudio.cli.output import Output
from tlstudio.cli.verbs import Verbs
from tlstudio.domain.errors import UserError
from tlstudio.domain.messages import render
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.tasks import TRAINABLE, Aid, Task


def add(verbs: Verbs) -> None:
    models = verbs.add("models", "List the models that can be trained or help.", _models)
    tasks = tuple(task.value for task in Task)
    models.add_argument("--task", choices=(*tasks, *(aid.value for aid in Aid)))
    weights = verbs.add("weights", "Fetch, import or list pretrained weights.", None)
    acts = Verbs(weights, "acts")
    fetch = acts.add("fetch", "Download a model's weights from their official source.", _fetch)
    fetch.add_argument("model", metavar="MODEL_ID")
    bring = acts.add("import", "Take a model's weights from a file.", _import)
    bring.add_argument("model", metavar="MODEL_ID")
    bring.add_argument("file", metavar="FILE", type=Path)
    acts.add("list", "List the weights on this computer.", _list)
    recipe = verbs.add("recipe", "List the settings that --set of train takes.", _recipe)
    recipe.add_argument("--task", default=Task.CLASSIFICATION.value, choices=tasks)


def _models(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.models import list_models

    rows = [row.to_json() for row in list_models(args.task)]
    out.answer({"models": rows})
    heads = ("id", "task", "params", "input", "licence", "weights", "backbone")
    out.table(heads, [[row[head] for head in heads] for row in rows])
    for line in _more(args.task):
        out.text(line)


def _more(task: str | None) -> Iterator[str]:
    """What can be named beside the rows."""
    if task in (None, Task.CLASSIFICATION):
        yield "any model of timm can be named as timm:NAME"
    if task in (None, Task.SEGMENTATION):
        yield "any decoder goes with any backbone, timm's too: fpn:vgg16_bn, unet:timm-NAME"


def _fetch(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.models import fetch_weights

    _tell(fetch_weights(args.model, out.progress), out)


def _import(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.models import import_weights

    _tell(import_weights(args.model, args.file, out.progress), out)


def _tell(report: Any, out: Output) -> None:
    keys = ("model", "sha256", "verified", "keys_matched", "keys_missing")
    found = {key: getattr(report, key) for key in keys}
    out.answer(found)
    sure = "as published" if found["verified"] else "unverified: no checksum is published for it"
    out.text(
        f"{found['model']}: {found['keys_matched']:,} weights matched,"
        f" {found['keys_missing']:,} missing; sha256 {str(found['sha256'])[:16]}… ({sure})"
    )


def _list(_args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.models import list_weights

    rows = [_facts(each) for each in list_weights()]
    out.answer({"weights": rows})
    if rows:
        heads = [key for key in ("model", "sha256", "verified") if key in rows[0]]
        out.table(heads, [[str(row[head])[:16] for head in heads] for row in rows])
    else:
        out.text("no weights yet; `tlstudio weights fetch MODEL_ID` brings some")


def _facts(each: Any) -> dict[str, Any]:
    to_json = getattr(each, "to_json", None)
    return dict(to_json() if to_json is not None else each)


def _recipe(args: argparse.Namespace, out: Output) -> None:
    task = Task(args.task)
    if task not in TRAINABLE:
        raise UserError("training.task_unavailable", task=task)
    fields = [
        {
            **field.to_json(),
            "label": render(f"recipe.{field.name}", {}),
            "help": render(field.help_code, {}),
        }
        for field in Recipe.fields(task)
    ]
    out.answer({"fields": fields})
    rows = [(f["name"], f["default"], _range(f), f["level"], f["label"]) for f in fields]
    out.table(("setting", "default", "lawful", "level", "meaning"), rows)


def _range(field: dict[str, Any]) -> str:
    if field["choices"]:
        return "|".join(field["choices"])
    if field["kind"] == "bool":
        return "true|false"
    text = f"{field['least']:g}..{field['most']:g} {field['unit']}".rstrip()
    return text if field["auto"] is None else f"{text} (0: automatic)"
