"""A detector's answers beside the truth, which can be judged at any threshold without asking the
model again.

    answers = BoxAnswers.of(rows, lines, labels)
    figures = evaluate(answers.truths, answers.founds, answers.names, groups, threshold)
    at = answers.at(0.4)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.domain.outcomes import Box, DetectionOutcome, FoundBox, TrueBox, Verdict
from tlstudio.metrics import pairing
from tlstudio.metrics.boxes import Found, Truth
from tlstudio.metrics.counting import CountFigures
from tlstudio.metrics.operating import ImageRow, Prepared
from tlstudio.metrics.thresholds import Curve

Row = Mapping[str, Any]

_VERDICTS = {
    pairing.HIT: Verdict.HIT,
    pairing.MISS: Verdict.MISS,
    pairing.FALSE_ALARM: Verdict.FALSE_ALARM,
    pairing.WRONG_LABEL: Verdict.WRONG_LABEL,
    pairing.IGNORED: Verdict.IGNORED,
}


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What depends on the threshold: `metrics` are precision, recall, f1 and threshold;
    `per_label` a row {label, precision, recall, f1, count} for each label; `confusion` has
    labels and matrix (rows truth, columns found), the label None is the background; `count` of
    all boxes; `items` in the order of the images."""

    metrics: dict[str, float | None]
    per_label: list[dict[str, Any]]
    confusion: dict[str, Any]
    count: CountFigures
    items: list[DetectionOutcome]


@dataclass(frozen=True, slots=True, eq=False)
class BoxAnswers:
    """The true and found boxes of some images, matched once; `names` are the labels in order."""

    rows: Sequence[Row]
    names: list[str]
    truths: list[Truth]
    founds: list[Found]
    prepared: Prepared

    @classmethod
    def of(
        cls, rows: Sequence[Row], lines: Sequence[Row], labels: Sequence[tuple[int, str]]
    ) -> BoxAnswers:
        """From rows of a snapshot {image, path, frame, width, height, annotations} and the
        model's line {boxes, labels, scores} for each; `labels` are (id, name) in order.

        A true box of a label that the model does not know is a crowd of the first label: who
        finds something there is neither right nor wrong. Boxes found of such a label are left
        out.
        """
        place = {label: k for k, (label, _name) in enumerate(labels)}
        truths = [truth_of(row["annotations"], place) for row in rows]
        founds = [found_of(line, place) for line in lines]
        return cls(
            rows=rows,
            names=[name for _id, name in labels],
            truths=truths,
            founds=founds,
            prepared=Prepared(truths, founds, len(labels)),
        )

    def curve(self, label: str | None = None) -> Curve:
        """Precision and recall over all thresholds, of one label or of all boxes."""
        return self.prepared.curve(None if label is None else self.names.index(label))

    def at(self, threshold: float) -> AtThreshold:
        """Figures, confusion and boxes at a threshold; some milliseconds for 100 images."""
        made = self.prepared.at(threshold)
        per_label = [
            {"label": name, **values, "count": count}
            for name, values, count in zip(
                self.names, made.per_label, made.label_counts, strict=True
            )
        ]
        return AtThreshold(
            metrics=made.overall,
            per_label=per_label,
            confusion={"labels": [*self.names, None], "matrix": made.confusion},
            count=made.count,
            items=[self._item(place, row) for place, row in enumerate(made.rows)],
        )

    def _item(self, place: int, judged: ImageRow) -> DetectionOutcome:
        row = self.rows[place]
        shown = [i for i, v in enumerate(judged.found_verdict.tolist()) if v != pairing.BELOW]
        where = {found: i for i, found in enumerate(shown)}
        return DetectionOutcome(
            image=int(row["image"]),
            path=str(row["path"]),
            width=int(row["width"]),
            height=int(row["height"]),
            frame=int(row.get("frame") or 0),
            truth=self._true_boxes(self.truths[place], judged, where),
            found=self._found_boxes(self.founds[place], judged, shown),
        )

    def _true_boxes(
        self, truth: Truth, judged: ImageRow, where: Mapping[int, int]
    ) -> tuple[TrueBox, ...]:
        return tuple(
            TrueBox(
                box=_box(truth.boxes[i]),
                label=self.names[truth.labels[i]],
                verdict=_VERDICTS[verdict],
                partner=where.get(partner),
                crowd=bool(truth.crowd[i]),
            )
            for i, (verdict, partner) in enumerate(
                zip(judged.true_verdict.tolist(), judged.true_partner.tolist(), strict=True)
            )
        )

    def _found_boxes(
        self, found: Found, judged: ImageRow, shown: Sequence[int]
    ) -> tuple[FoundBox, ...]:
        made = []
        for i in shown:
            partner = int(judged.found_partner[i])
            made.append(
                FoundBox(
                    box=_box(found.boxes[i]),
                    label=self.names[found.labels[i]],
                    confidence=float(found.scores[i]),
                    verdict=_VERDICTS[int(judged.found_verdict[i])],
                    partner=partner if partner >= 0 else None,
                    overlap=float(judged.overlap[i]) if partner >= 0 else None,
                )
            )
        return tuple(made)


def truth_of(annotations: Sequence[Row], place: Mapping[int, int]) -> Truth:
    """The boxes {label, box, crowd} of a snapshot's row, labels by their `place`."""
    return Truth.of(
        [each["box"] for each in annotations],
        [place.get(int(each["label"]), 0) for each in annotations],
        [bool(each.get("crowd")) or int(each["label"]) not in place for each in annotations],
    )


def found_of(line: Row, place: Mapping[int, int]) -> Found:
    """The boxes of a model's line {boxes, labels, scores}, labels by their `place`."""
    known = [i for i, label in enumerate(line["labels"]) if int(label) in place]
    return Found.of(
        [line["boxes"][i] for i in known],
        [place[int(line["labels"][i])] for i in known],
        [line["scores"][i] for i in known],
    )


def _box(values: Any) -> Box:
    x, y, width, height = (float(v) for v in values)
    return (x, y, width, height)
