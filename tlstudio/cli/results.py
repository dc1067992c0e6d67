"""Verbs for results: evaluate, predict, export-model, export-labels."""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path
from typing import Any

from tlstudio.cli.data import tell_leaks
from tlstudio.cli.output import Output, figure, plain
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

_SHOWN = 50


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
    predict.add_argument("--out", metavar="FILE", type=Path, help="write a .csv or .json file")
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
        found = evaluate(project, args.run_id, args.split, args.allow_leaks, out.progress).to_json()
    out.answer(found)
    tell_evaluation(found, out)


def tell_evaluation(found: dict[str, Any], out: Output) -> None:
    """Figures, per label, confusion matrix, leaks."""
    blocking = [leak for leak in found["leaks"] if leak["blocks"]]
    out.text(
        f"{found['run']} on {found['split']}: {found['images']:,} images in {found['groups']:,}"
        " groups" + ("; over leaks, so these figures flatter" if blocking else "")
    )
    out.table(
        ("figure", "value (95 % interval)", "interval from"),
        [
            (
                name,
                figure(value, found["intervals"][name]),
                render(f"metric.interval.{found['methods'][name]}", {}),
            )
            for name, value in found["metrics"].items()
        ],
    )
    names = ("precision", "recall", "specificity", "f1", "auroc")
    out.text()
    out.table(
        ("label", "images", *names),
        [
            (label, row["images"], *(figure(row[n], row["intervals"][n]) for n in names))
            for label, row in found["per_label"].items()
        ],
    )
    labels = found["confusion"]["labels"]
    out.text()
    rows = zip(labels, found["confusion"]["matrix"], strict=True)
    out.table(("truth \\ predicted", *labels), [(label, *row) for label, row in rows])
    tell_leaks(out, found["leaks"])
    for warning in found["warnings"]:
        out.text(f"warning: {warning['message']}")


def _predict(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.predictions import predict_report

    opened = writing if args.write else reading
    with opened(args.project) as project:
        report = predict_report(
            project, args.run_id, images=args.images, write=args.write, progress=out.progress
        )
    rows = [each.to_json() for each in report.predictions]
    skipped = [
        {**each, "message": render(each["code"], {**each["params"], "file": each["file"]})}
        for each in report.skipped
    ]
    found = {
        "run": report.run,
        "predictions": rows,
        "skipped": skipped,
        "written": report.written,
    }
    if args.out:
        _save(args.out, rows)
    out.answer(found)
    shown = rows if args.out is None else []
    out.table(
        ("image", "label", "confidence"),
        [(row["image"], row["label"], row["confidence"]) for row in shown[:_SHOWN]],
    )
    if len(shown) > _SHOWN:
        out.text(f"and {len(shown) - _SHOWN:,} more; --out FILE writes all")
    if args.out:
        out.text(f"wrote {len(rows):,} predictions to {args.out}")
    for each in skipped:
        out.say(f"left out {each['file']}: {each['message']}")
    if args.write:
        out.text(f"stored {report.written:,} suggestions")


def _save(file: Path, rows: list[dict[str, Any]]) -> None:
    """A table with a column for each label where the name ends in .csv, else JSON."""
    if file.suffix.lower() == ".csv":
        text = io.StringIO()
        labels = list(rows[0]["probabilities"]) if rows else []
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["image", "label", "confidence", *labels])
        for row in rows:
            values = [row["probabilities"][label] for label in labels]
            table.writerow([row["image"], row["label"], row["confidence"], *values])
        content = text.getvalue()
    else:
        content = json.dumps({"predictions": plain(rows)}, ensure_ascii=False, indent=1)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8", newline="")
    except OSError as error:
        raise UserError(
            "command.out", file=str(file), reason=error.strerror or str(error)
        ) from error


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
        out.text(
            f"{name} against the trained model on {each['n']:,} images: largest difference"
            f" {each['max_diff']:.1e}, {word}"
        )


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
    out.text(
        f"wrote {found['annotations']:,} annotations of {found['images']:,} images to {report.out}"
    )
    for warning in found["warnings"]:
        out.text(f"warning: {warning['message']}")
