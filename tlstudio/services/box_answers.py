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
    """The true and found boxes of some images, matched once; `names` are the labels in order.

    `sources` tell, of each true box of each image, which annotation it stands for: a label that
    the model does not know has a crowd for each one that it does. `places` are the labels' ids.
    """

    rows: Sequence[Row]
    places: Mapping[int, int]
    names: list[str]
    sources: list[list[int]]
    truths: list[Truth]
    founds: list[Found]
    prepared: Prepared

    @classmethod
    def of(
        cls, rows: Sequence[Row], lines: Sequence[Row], labels: Sequence[tuple[int, str]]
    ) -> BoxAnswers:
        """From rows of a snapshot {image, path, frame, width, height, annotations} and the
        model's line {boxes, labels, scores} for each; `labels` are (id, name) in order.

        A true box of a label that the model does not know is a crowd of each label: whatever is
        found there is neither right nor wrong. Boxes found of such a label are left out.
        """
        place = {label: k for k, (label, _name) in enumerate(labels)}
        spread = [_spread(row["annotations"], place) for row in rows]
        truths = [truth_of(row["annotations"], place) for row in rows]
        founds = [found_of(line, place) for line in lines]
        return cls(
            rows=rows,
            places=place,
            names=[name for _id, name in labels],
            sources=[[each for each, _label in one] for one in spread],
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
            truth=self._true_boxes(place, judged, where),
            found=self._found_boxes(place, judged, shown),
        )

    def _true_boxes(
        self, place: int, judged: ImageRow, where: Mapping[int, int]
    ) -> tuple[TrueBox, ...]:
        """One for each annotation; one the model does not know has no name."""
        truth, annotations = self.truths[place], self.rows[place]["annotations"]
        made: dict[int, TrueBox] = {}
        for i, source in enumerate(self.sources[place]):
            known = int(annotations[source]["label"]) in self.places
            made.setdefault(
                source,
                TrueBox(
                    box=_box(truth.boxes[i]),
                    label=self.names[truth.labels[i]] if known else "",
                    verdict=_VERDICTS[int(judged.true_verdict[i])],
                    partner=where.get(int(judged.true_partner[i])),
                    crowd=bool(truth.crowd[i]),
                ),
            )
        return tuple(made.values())

    def _found_boxes(
        self, place: int, judged: ImageRow, shown: Sequence[int]
    ) -> tuple[FoundBox, ...]:
        found, sources = self.founds[place], self.sources[place]
        made = []
        for i in shown:
            partner = int(judged.found_partner[i])
            made.append(
                FoundBox(
                    box=_box(found.boxes[i]),
                    label=self.names[found.labels[i]],
                    confidence=float(found.scores[i]),
                    verdict=_VERDICTS[int(judged.found_verdict[i])],
                    partner=sources[partner] if partner >= 0 else None,
                    overlap=float(judged.overlap[i]) if partner >= 0 else None,
                )
            )
        return tuple(made)


def truth_of(annotations: Sequence[Row], place: Mapping[int, int]) -> Truth:
    """The boxes {label, box, crowd} of a snapshot's row, labels by their `place`; of a label
    without a place, a crowd for each place."""
    spread = _spread(annotations, place)
    return Truth.of(
        [annotations[each]["box"] for each, _label in spread],
        [label for _each, label in spread],
        [
            bool(annotations[each].get("crowd")) or int(annotations[each]["label"]) not in place
            for each, _label in spread
        ],
    )


def _spread(annotations: Sequence[Row], place: Mapping[int, int]) -> list[tuple[int, int]]:
    """(annotation, place of its label), several of an annotation whose label has none."""
    made = []
    for each, annotation in enumerate(annotations):
        known = place.get(int(annotation["label"]))
        made += [(each, label) for label in ([known] if known is not None else place.values())]
    return made


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
