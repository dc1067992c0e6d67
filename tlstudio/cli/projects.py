"""Verbs for projects and labels: new, info, label, undo, redo, and the window's own gui."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tlstudio.cli.output import Output
from tlstudio.cli.verbs import (
    Verbs,
    joined,
    listed,
    project_argument,
    reading,
    writing,
)
from tlstudio.domain.errors import UserError
from tlstudio.domain.labels import LabelRole
from tlstudio.domain.messages import render
from tlstudio.domain.tasks import Task
from tlstudio.domain.texts import counted

if TYPE_CHECKING:
    from tlstudio.services.projects import Project


def add(verbs: Verbs) -> None:
    gui = verbs.add("gui", "Open the window, with PROJECT if one is given.", _gui)
    gui.add_argument("project", metavar="PROJECT", nargs="?", type=Path)
    new = verbs.add("new", "Make a project.", _new)
    project_argument(new)
    tasks = tuple(task.value for task in Task)
    new.add_argument("--task", default=Task.CLASSIFICATION.value, choices=tasks)
    new.add_argument("--labels", metavar="A,B", help="labels to begin with, with commas between")
    info = verbs.add("info", "Say what is in a project.", _info)
    project_argument(info)
    _add_label(verbs)
    project_argument(verbs.add("undo", "Take the last edit of a project back.", _undo))
    project_argument(verbs.add("redo", "Bring the last undone edit back.", _redo))


def _add_label(verbs: Verbs) -> None:
    label = verbs.add("label", "Add, rename, merge or delete labels, and say their roles.", None)
    acts = Verbs(label, "acts")
    more = acts.add("add", "Add labels.", _label_add)
    project_argument(more)
    more.add_argument("names", metavar="LABEL", nargs="+")
    rename = acts.add("rename", "Give a label another name.", _label_rename)
    project_argument(rename)
    rename.add_argument("old", metavar="LABEL")
    rename.add_argument("new", metavar="NAME")
    role = acts.add("role", "Say what a label is for.", _label_role)
    project_argument(role)
    role.add_argument("name", metavar="LABEL")
    role.add_argument(
        "role",
        choices=tuple(LabelRole),
        help="normal: things to find; background: no thing; ignore: areas that count neither way",
    )
    merge = acts.add("merge", "Make several labels one: the last one named.", _label_merge)
    project_argument(merge)
    merge.add_argument("names", metavar="LABEL", nargs="+")
    merge.add_argument("into", metavar="INTO")
    delete = acts.add("delete", "Delete labels with all that is labelled so.", _label_delete)
    project_argument(delete)
    delete.add_argument("names", metavar="LABEL", nargs="+")


def _gui(_args: argparse.Namespace, _out: Output) -> None:
    """Only reached with options before the verb; the program opens the window by itself."""
    raise UserError("command.usage", reason="gui stands alone: tlstudio gui [PROJECT]", verb="")


def _new(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.projects import create_project

    labels = listed(args.labels)
    with create_project(args.project, task=args.task, labels=labels) as project:
        out.answer({"project": str(project.folder), "task": project.task})
        out.text(f"made {project.folder} for {project.task}")


def _info(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.patient_key import key_notices
    from tlstudio.services.projects import project_info

    with reading(args.project) as project:
        facts = project_info(project)
        notices = [notice.to_json() for notice in key_notices(project)]
    out.answer({**facts, "warnings": notices} if notices else facts)
    out.text(f"{facts['name']}: {facts['task']}, {counted(facts['images'], 'image', 'images')}")
    for name in ("labels", "states", "splits", "kinds"):
        if facts[name]:
            counts = (f"{key} {count:,}" for key, count in facts[name].items())
            out.text(f"{name + ':':<9}{joined(list(counts))}")
    out.text(f"groups:  {len(facts['groups']):,}")
    out.text(f"runs:    {facts['runs']:,}")
    if facts["missing"]:
        files = counted(facts["missing"], "file", "files")
        out.text(f"missing: {files}; `tlstudio relink` can find them")
    for notice in notices:
        out.text(f"warning: {notice['message']}")


def _label_add(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.labelling import add_labels

    with writing(args.project) as project:
        add_labels(project, args.names)
        _tell_labels(project, out)


def _label_rename(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.labelling import rename_label

    with writing(args.project) as project:
        rename_label(project, _ids(project, [args.old])[0], args.new)
        _tell_labels(project, out)


def _label_role(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.labelling import label_named, set_label_role

    with writing(args.project) as project:
        set_label_role(project, label_named(project, args.name).id, LabelRole(args.role))
        _tell_labels(project, out)


def _label_merge(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.labelling import merge_labels

    with writing(args.project) as project:
        into = _ids(project, [args.into])[0]
        merge_labels(project, [i for i in _ids(project, args.names) if i != into], into)
        _tell_labels(project, out)


def _label_delete(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.labelling import delete_labels

    with writing(args.project) as project:
        delete_labels(project, _ids(project, args.names))
        _tell_labels(project, out)


def _ids(project: Project, names: list[str]) -> list[int]:
    from tlstudio.services.labelling import list_labels

    known = {label.name: label.id for label in list_labels(project)}
    for name in names:
        if name not in known:
            raise UserError("project.no_label", name=name)
    return [known[name] for name in names]


def _tell_labels(project: Project, out: Output) -> None:
    from tlstudio.services.labelling import label_usage, list_labels

    usage = label_usage(project)
    known = list_labels(project)
    labels = {label.name: usage.get(label.id, 0) for label in known}
    out.answer({"labels": labels})
    rows = [(label.name, labels[label.name], label.role) for label in known]
    out.table(("label", "annotations", "role"), rows)


def _undo(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.projects import undo

    with writing(args.project) as project:
        changes = undo(project)
    done = render(changes.undo_code, {}) if changes else None
    out.answer({"undone": done})
    out.text(f"undone: {done}" if done else "there is nothing to undo")


def _redo(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.projects import redo

    with writing(args.project) as project:
        changes = redo(project)
    done = render(changes.undo_code, {}) if changes else None
    out.answer({"redone": done})
    out.text(f"redone: {done}" if done else "there is nothing to redo")
