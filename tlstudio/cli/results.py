"""Verbs for results: evaluate, predict, export-model, export-labels."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tlstudio.cli.data import tell_leaks
from tlstudio.cli.output import Output, figure, plain
from tlstudio.cli.restyling import restyle_images
from tlstudio.cli.verbs import (
    Verbs,
    joined,
    listed,
    project_argument,
    reading,
    run_argument,
    writing,
)
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.messages import render
from tlstudio.domain.tasks import Task
from tlstudio.domain.texts import counted

_SHOWN = 50
TABLE = ".csv"
_OTHERS = (".xlsx", ".xls", ".ods", ".tsv", ".xml", ".yaml", ".zip", ".png", ".jpg", ".tif")
"""Ends of names whose files other programs would open as what they are not."""
BACKGROUND = "(background)"
SIZES = ("ap_small", "ap_medium", "ap_large")  # of which there may be no boxes
PER_LABEL = (
    *("ap50", "ap50_95", *SIZES, "dice", "iou", "precision", "recall", "specificity", "f1"),
    *("auroc", "boundary_f1", "hd95"),
)


def add(verbs: Verbs) -> None:
    evaluate = verbs.add("evaluate", "Figures of a run on a split, with intervals.", _evaluate)
    project_argument(evaluate)
    run_argument(evaluate)
    evaluate.add_argument("--split", default="test", choices=tuple(s.value for s in Split))
    evaluate.add_argument(
        "--allow-leaks",
        action="store_true",
        help="show figures over a leak, with the leaks beside them",
    )
    _threshold(evaluate)
    where_argument(evaluate)
    predict = verbs.add("predict", "Let a run's model say what images show.", _predict)
    project_argument(predict)
    run_argument(predict)
    predict.add_argument(
        "--images",
        metavar="DIR|FILE",
        nargs="+",
        type=Path,
        help="folders or files (default: all images of the project)",
    )
    _threshold(predict)
    predict.add_argument(
        "--out",
        metavar="FILE|DIR",
        type=Path,
        help="write a .csv or .json file; of a stylizer, the folder for its pictures",
    )
    predict.add_argument(
        "--write",
        action="store_true",
        help="store the answers as suggestions on images without a label",
    )
    export = verbs.add("export-model", "Write a checked bundle of a run's model.", _export)
    project_argument(export)
    run_argument(export)
    export.add_argument("--out", metavar="DIR", type=Path, required=True)
    export.add_argument("--formats", default="onnx", metavar="A,B")
    _add_labels(verbs)


def where_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--where",
        metavar="SITE",
        help="only images of one site: tag:NAME, group:PATTERN (of the groups' names) or"
        " folder:NAME",
    )


def _threshold(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="C",
        help="confidence from which on a detector's boxes count (default: the run's own)",
    )


def _add_labels(verbs: Verbs) -> None:
    labels = verbs.add(
        "export-labels", "Write the annotations in the format of other programs.", _labels
    )
    project_argument(labels)
    labels.add_argument(
        "--format",
        required=True,
        metavar="F",
        help="coco, yolo, yolo-seg, voc, labelme, cvat, label-studio, datumaro, geojson, masks,"
        " csv",
    )
    labels.add_argument("--out", metavar="DIR", type=Path, required=True, help="a new folder")
    labels.add_argument(
        "--images",
        default="none",
        metavar="copy|link|none",
        help="bring the images along as copies or links (default: none)",
    )
    labels.add_argument(
        "--suggestions", action="store_true", help="also those that nobody has accepted"
    )


def _evaluate(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.evaluation import evaluate

    with reading(args.project) as project:
        found = evaluate(
            project,
            args.run_id,
            args.split,
            args.allow_leaks,
            out.progress,
            threshold=args.threshold,
            where=args.where,
        ).to_json()
    out.answer(found)
    tell_evaluation(found, out)


def tell_evaluation(found: dict[str, Any], out: Output) -> None:
    """Figures, per label, confusion matrix, leaks."""
    blocking = [leak for leak in found["leaks"] if leak["blocks"]]
    images = counted(found["images"], "image", "images")
    groups = counted(found["groups"], "group", "groups")
    out.text(
        f"{found['run']} on {found['split']}{of_site(found)}: {images} in {groups}"
        + ("; over leaks, so these figures flatter" if blocking else "")
    )
    methods = found["methods"]
    out.table(
        ("figure", "value (95 % interval)", "interval from"),
        [
            (
                name,
                figure(value, found["intervals"].get(name)),
                render(f"metric.interval.{methods[name]}", {}) if name in methods else "",
            )
            for name, value in found["metrics"].items()
        ],
    )
    out.text()
    _tell_labels(found["per_label"], out)
    if found.get("counts"):
        out.text()
        _tell_counts(found, out)
    labels = [BACKGROUND if name is None else name for name in found["confusion"]["labels"]]
    out.text()
    rows = zip(labels, found["confusion"]["matrix"], strict=True)
    out.table(("truth \\ predicted", *labels), [(label, *row) for label, row in rows])
    tell_leaks(out, found["leaks"])
    for warning in found["warnings"]:
        out.text(f"warning: {warning['message']}")


def of_site(found: dict[str, Any]) -> str:
    """Which site the images are of."""
    if found["where"]:
        return f", {found['where']}"
    return f", the held-out site {found['held_out']}" if found["held_out"] else ""


def _tell_labels(per_label: dict[str, Any], out: Output) -> None:
    """A row per label: what it was counted on, then its figures."""
    first: dict[str, Any] = next(iter(per_label.values()), {})
    counted = [name for name in ("objects", "images") if name in first]
    names = [
        name for name in PER_LABEL
        if name in first
        and (name not in SIZES or any(row[name] is not None for row in per_label.values()))
    ]  # fmt: skip
    out.table(
        ("label", *counted, *names),
        [
            (
                label,
                *(row[name] for name in counted),
                *(figure(row[name], row["intervals"].get(name)) for name in names),
            )
            for label, row in per_label.items()
        ],
    )


def _tell_counts(found: dict[str, Any], out: Output) -> None:
    """How well the number of things per image is found, for each label and for all: the bias
    with the range in which 95 % of the images lie."""
    rows = {name: row["counts"] for name, row in found["per_label"].items()}
    rows["(all)"] = found["counts"]
    out.table(
        ("counts per image", "true", "found", "bias (95 % of images)", "mean error", "exact"),
        [
            (
                name,
                count["true"],
                count["found"],
                f"{count['bias']:+.1f}"
                + ("" if not count["limits"] else " ({:+.1f} to {:+.1f})".format(*count["limits"])),
                f"{count['error']:.1f}",
                f"{count['exact']:.0%}",
            )
            for name, count in rows.items()
        ],
    )


def _predict(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.predictions import predict_report
    from tlstudio.services.training import get_run

    opened = writing if args.write else reading
    with opened(args.project) as project:
        if get_run(project, args.run_id).task == Task.STYLE:
            restyle_images(project, args, out)
            return
        if args.out:
            refuse_other_files(args.out)
        report = predict_report(
            project,
            args.run_id,
            images=args.images,
            write=args.write,
            threshold=args.threshold,
            progress=out.progress,
        )
    rows = [each.to_json() for each in report.predictions]
    skipped = [
        {**each, "message": render(each["code"], {**each["params"], "file": each["file"]})}
        for each in report.skipped
    ]
    found = {
        "run": report.run,
        "task": report.task,
        "threshold": report.threshold,
        "images": [asdict(each) for each in report.images],
        "predictions": rows,
        "skipped": skipped,
        "written": report.written,
    }
    if args.out:
        _save(args.out, found)
    out.answer(found)
    heads = ("image", "label", "confidence", *(("box",) if report.task != "classification" else ()))
    if args.out is None:
        out.table(heads, [_cells(row, heads) for row in rows[:_SHOWN]])
        if len(rows) > _SHOWN:
            out.text(f"and {len(rows) - _SHOWN:,} more; --out FILE writes all")
    else:
        out.text(f"wrote {counted(len(rows), 'prediction', 'predictions')} to {args.out}")
    for each in skipped:
        out.say(f"left out {each['file']}: {each['message']}")
    if args.write:
        where = "" if report.written else "; they go to images of the project without a label alone"
        out.text(f"stored {counted(report.written, 'suggestion', 'suggestions')}{where}")


def _cells(row: dict[str, Any], heads: Sequence[str]) -> list[Any]:
    return [joined([f"{v:.0f}" for v in row[h]]) if h == "box" else row[h] for h in heads]


def refuse_other_files(file: Path) -> None:
    """UserError("command.out_kind") for a file that would hold something else than it says."""
    if file.suffix.lower() in _OTHERS:
        raise UserError("command.out_kind", file=str(file))


def _save(file: Path, found: dict[str, Any]) -> None:
    """A table where the name ends in TABLE, with a column for each label of a classifier or for
    the sides of boxes; else JSON: the images asked about and the predictions."""
    rows = found["predictions"]
    if file.suffix.lower() == TABLE:
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerows(table_of(rows, found["task"]))
        content = text.getvalue()
    else:
        told = {name: found[name] for name in ("images", "predictions")}
        content = json.dumps(plain(told), ensure_ascii=False, indent=1)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8", newline="")
    except OSError as error:
        raise UserError(
            "command.out", file=str(file), reason=error.strerror or str(error)
        ) from error


def table_of(rows: list[dict[str, Any]], task: str) -> Iterator[list[Any]]:
    """With a column for the frame where a file holds several."""
    frames = ("frame",) if any("frame" in row for row in rows) else ()
    common = ("image", *frames, "label", "confidence")
    if frames:
        rows = [{"frame": None, **row} for row in rows]
    if task != Task.CLASSIFICATION:
        yield [*common, "x", "y", "width", "height"]
        yield from ([*(row[name] for name in common), *row["box"]] for row in rows)
        return
    labels = list(rows[0]["probabilities"]) if rows else []
    yield [*common, *labels]
    for row in rows:
        yield [*(row[name] for name in common), *(row["probabilities"][label] for label in labels)]


def _export(args: argparse.Namespace, out: Output) -> int:
    from tlstudio.services.exporting import export_model

    with reading(args.project) as project:
        report = export_model(
            project, args.run_id, args.out, tuple(listed(args.formats)), progress=out.progress
        )
    found = report.to_json()
    out.answer(found)
    out.text(f"bundle: {found['bundle']} ({joined(found['files'])})")
    tell_parity(found["parity"], out)
    return 0 if report.passed else 1


def tell_parity(parity: dict[str, Any], out: Output) -> None:
    """How the bundle's answers compare with the trained model's."""
    for name, each in parity.items():
        word = "passed" if each["passed"] else "FAILED: do not use this bundle"
        images = counted(each["n"], "image", "images")
        out.text(f"{name} against the trained model on {images}: {_agreement(each)}, {word}")


def _agreement(parity: dict[str, Any]) -> str:
    """How far the answers are apart, by what the task has: boxes, label maps, probabilities."""
    if "matched" in parity:
        return (
            f"{counted(parity['matched'], 'box', 'boxes')} matched, {parity['lonely']:,} without a"
            f" partner, largest difference {parity['max_pixels']:.1e} px and"
            f" {parity['max_diff']:.1e} of confidence"
        )
    if "dice" in parity:
        return (
            f"Dice {parity['dice']:.5f}, {100 * parity['differ']:.2g} % of the pixels differ,"
            f" largest difference of a probability {parity['max_diff']:.1e}"
        )
    return f"largest difference {parity['max_diff']:.1e}"


def _labels(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.exporting_labels import export_labels

    with reading(args.project) as project:
        report = export_labels(
            project,
            args.format,
            args.out,
            images=args.images,
            suggestions=args.suggestions,
            progress=out.progress,
        )
    found = report.to_json()
    out.answer(found)
    annotations = counted(found["annotations"], "annotation", "annotations")
    images = counted(found["images"], "image", "images")
    out.text(f"wrote {annotations} of {images} to {report.out}")
    for warning in found["warnings"]:
        out.text(f"warning: {warning['message']}")
