"""Verbs for data: import, split, duplicates, relink."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.cli.output import Output
from tlstudio.cli.verbs import Verbs, joined, project_argument, reading, writing
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.texts import counted

if TYPE_CHECKING:
    from tlstudio.services.projects import Project
    from tlstudio.services.splitting import SplitReport

_SHOWN = 20


def add(verbs: Verbs) -> None:
    _add_import(verbs)
    split = verbs.add(
        "split", "Divide the labelled images into train, val and test, groups kept whole.", _split
    )
    project_argument(split)
    split.add_argument("--val", type=float, default=0.15, metavar="SHARE", help="default: 0.15")
    split.add_argument("--test", type=float, metavar="SHARE", help="default: 0.15")
    split.add_argument("--by", choices=("group", "image"), help="default: group")
    split.add_argument(
        "--hold-out",
        metavar="SITE",
        help="make all images of one site the test and no others: tag:NAME, group:PATTERN (of the"
        " groups' names) or folder:NAME",
    )
    split.add_argument("--seed", type=int, default=0, metavar="N")
    split.add_argument(
        "--force", action="store_true", help="divide images anew that have a split already"
    )
    duplicates = verbs.add(
        "duplicates", "Find identical pixels and near duplicates, across splits first.", _duplicates
    )
    project_argument(duplicates)
    relink = verbs.add("relink", "Find moved files below DIR by their content.", _relink)
    project_argument(relink)
    relink.add_argument("folder", metavar="DIR", type=Path)


def _add_import(verbs: Verbs) -> None:
    bring = verbs.add(
        "import", "Bring images and annotations in: a folder, a table, an annotation file.", _import
    )
    project_argument(bring)
    bring.add_argument("source", metavar="SOURCE", nargs="+", type=Path)
    bring.add_argument(
        "--format",
        default="auto",
        help="auto, images, class-folders (or class-folders:N), split-folders, or one of: coco,"
        " yolo, voc, labelme, labelme-xml, xanylabeling, cvat, label-studio, via, datumaro,"
        " geojson, masks, csv",
    )
    bring.add_argument(
        "--images",
        metavar="DIR",
        type=Path,
        help="where the images of a table or an annotation file lie",
    )
    bring.add_argument("--split", choices=tuple(s.value for s in Split), help="put all there")
    bring.add_argument(
        "--group-from",
        metavar="RULE",
        help="what images belong together: folder:N, column:C, regex:R or dicom (the patient, by a"
        " keyed hash; the default for DICOM files)",
    )
    bring.add_argument(
        "--label",
        metavar="OLD=NEW",
        action="append",
        default=[],
        help="bring a label in under another name; OLD= leaves it out",
    )
    keep = bring.add_mutually_exclusive_group()
    keep.add_argument("--copy", action="store_true", help="copy into the project (the default)")
    keep.add_argument("--reference", action="store_true", help="leave the files where they lie")
    bring.add_argument(
        "--rename",
        action="store_true",
        help="give copies neutral names; no name of a file or folder comes into the project, and"
        " groups taken from names become codes",
    )
    bring.add_argument("--dry-run", action="store_true", help="read everything, change nothing")


def _label_pair(text: str) -> tuple[str, str | None]:
    """ "OLD=NEW"; the last = divides, so that OLD may hold some."""
    old, sign, new = text.rpartition("=")
    if not sign:
        raise UserError("command.label_pair", text=text)
    return old, new.strip() or None


def _import(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.datasets import ImportOptions, import_source

    options = ImportOptions(
        format=args.format,
        images_dir=args.images,
        split=Split(args.split) if args.split else None,
        group_from=args.group_from,
        copy=not args.reference,
        dry_run=args.dry_run,
        label_map=dict(_label_pair(text) for text in args.label),
        rename=args.rename,
    )
    source = args.source[0] if len(args.source) == 1 else args.source
    with writing(args.project) as project:
        report = import_source(project, source, options, out.progress)
    found = report.to_json()
    out.answer(found)
    head = "would import" if args.dry_run else "imported"
    out.text(
        f"{head} {counted(found['images'], 'image', 'images')} ({found['format']}):"
        f" {found['images_added']:,} new, {found['images_matched']:,} known,"
        f" {found['images_missing']:,} missing;"
        f" {counted(found['annotations'], 'annotation', 'annotations')}"
    )
    if "matched_by" in found:
        out.table(("known by", "images"), found["matched_by"].items())
    if "kinds" in found:
        out.table(("kind", "annotations"), found["kinds"].items())
    out.table(("label", "annotations"), found["labels"].items())
    if found["new_labels"]:
        out.text(f"labels that are new here: {joined(found['new_labels'])}")
    _skipped(out, found["skipped"])
    for warning in found["warnings"]:
        out.text(f"warning: {warning['message']}")


def _skipped(out: Output, skipped: list[Mapping[str, Any]]) -> None:
    if skipped:
        out.text(f"left out, in {counted(len(skipped), 'place', 'places')}:")
    for each in skipped[:_SHOWN]:
        out.text(f"  {each['file']}: {each['reason']}")
    if len(skipped) > _SHOWN:
        out.text(f"  and {len(skipped) - _SHOWN:,} more; --json lists all")


def _split(args: argparse.Namespace, out: Output) -> None:
    with writing(args.project) as project:
        found = _divided(project, args).to_json()
    out.answer(found)
    tell_split(out, found)


def _divided(project: Project, args: argparse.Namespace) -> SplitReport:
    from tlstudio.services.splitting import hold_out_site, split_project

    if args.hold_out is None:
        test = 0.15 if args.test is None else args.test
        return split_project(
            project,
            val=args.val,
            test=test,
            by=args.by or "group",
            seed=args.seed,
            force=args.force,
        )
    if args.test is not None:
        raise UserError("site.test_share")
    if args.by == "image":
        raise UserError("site.by", by=args.by)
    return hold_out_site(project, args.hold_out, val=args.val, seed=args.seed, force=args.force)


def tell_split(out: Output, found: Mapping[str, Any]) -> None:
    """How the images are divided, what leaks, what to know."""
    if found["site"]:
        images = counted(found["splits"]["test"], "image", "images")
        out.text(f"held out: {found['site']}, {images}")
    out.table(("split", "images"), found["splits"].items())
    tell_leaks(out, found["leaks"])
    for warning in found["warnings"]:
        out.text(f"warning: {warning['message']}")


def tell_leaks(out: Output, leaks: Iterable[Mapping[str, Any]]) -> None:
    """Leaks in words, those that block first."""
    ordered = sorted(leaks, key=lambda leak: not leak["blocks"])
    for leak in ordered[:_SHOWN]:
        what = f"group {leak['group']}" if leak["group"] else f"{leak['kind']} images"
        names = joined(leak["images"][:3]) + (", …" if len(leak["images"]) > 3 else "")
        sign = "leak" if leak["blocks"] else "warning"
        out.text(f"{sign}: {what} in {joined(leak['splits'])}: {names}")
    if len(ordered) > _SHOWN:
        out.text(f"and {len(ordered) - _SHOWN:,} more; --json lists all")


def _duplicates(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.duplicates import find_duplicates

    with reading(args.project) as project:
        found = find_duplicates(project, out.progress).to_json()
    out.answer(found)
    for name in ("identical", "near"):
        sets = found[name]
        out.text(f"{name}: {counted(len(sets), 'set', 'sets')}")
        for each in sets[:_SHOWN]:
            out.text(f"  {joined(each)}")
    tell_leaks(out, found["leaks"])


def _relink(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.relinking import relink

    with writing(args.project) as project:
        found = relink(project, args.folder, out.progress).to_json()
    out.answer(found)
    files = counted(found["relinked"], "file", "files")
    out.text(f"relinked {files}; {len(found['missing']):,} still missing")
    for path in found["missing"][:_SHOWN]:
        out.text(f"  {path}")
