"""What is drawn over a picture: boxes by verdict with their words, or pixels by verdict."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome, Verdict
from tlstudio.ui.canvas.view import View
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.outcome_look import CODES, LOOKS, draw_box, pattern
from tlstudio.ui.words import tr

SIDES = ("both", "true", "found")

_NOWHERE = 5
_FAINT, _STRONG = 70, 200
_SMALL_TEXT = 11
_ROOM_FOR_WORDS = {Verdict.HIT: 60.0}
_ROOM_FOR_ERRORS = 24.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One box on screen: where in the image, its verdict, its short and its full words."""

    box: tuple[float, float, float, float]
    verdict: Verdict
    words: str
    told: str


def marks(outcome: DetectionOutcome, side: str, hidden: Collection[Verdict]) -> list[Mark]:
    """The boxes of one side, or of both; hits at the bottom, what went wrong above.

    Of both sides a hit shows the box found alone, since the two lie over each other.
    """
    made: list[Mark] = []
    if side != "true":
        made += _found_marks(outcome)
    if side != "found":
        made += [m for m in _true_marks(outcome) if side == "true" or m.verdict is not Verdict.HIT]
    order = [Verdict.IGNORED, Verdict.HIT, Verdict.FALSE_ALARM, Verdict.WRONG_LABEL, Verdict.MISS]
    made.sort(key=lambda m: order.index(m.verdict))
    return [m for m in made if m.verdict not in hidden]


def _found_marks(outcome: DetectionOutcome) -> Iterator[Mark]:
    for box in outcome.found:
        facts = {"label": box.label, "sure": f"{box.confidence:.0%}"}
        if box.verdict is Verdict.HIT:
            told = tr("{label}, found with {sure}", **facts)
        elif box.verdict is Verdict.FALSE_ALARM:
            told = tr("Seen as {label} with {sure}, but there is none left", **facts)
        elif box.verdict is Verdict.WRONG_LABEL and box.partner is not None:
            truth = outcome.truth[box.partner].label
            told = tr("Is {truth}, seen as {label} with {sure}", truth=truth, **facts)
        else:
            told = tr("{label} in a region that is not to be judged", **facts)
        if box.overlap is not None:
            told += "\n" + tr("Overlap with the true box: {n}", n=f"{box.overlap:.0%}")
        yield Mark(box.box, box.verdict, f"{box.label} {facts['sure']}", told)


def _true_marks(outcome: DetectionOutcome) -> Iterator[Mark]:
    for box in outcome.truth:
        if box.verdict is Verdict.HIT:
            told = tr("{label}, found", label=box.label)
        elif box.verdict is Verdict.MISS:
            told = tr("{label}, not found", label=box.label)
        elif box.verdict is Verdict.WRONG_LABEL and box.partner is not None:
            seen = outcome.found[box.partner].label
            told = tr("Is {truth}, seen as {label}", truth=box.label, label=seen)
        else:
            told = tr("A region of {label} that is not to be judged", label=box.label)
        yield Mark(box.box, box.verdict, box.label, told)


def draw_marks(painter: QPainter, view: View, shown: Collection[Mark]) -> None:
    """All boxes, then the words of those with room for them."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    placed = [(mark, QRectF(*view.rect_to_screen(mark.box))) for mark in shown]
    for mark, box in placed:
        draw_box(painter, box, mark.verdict)
    font = painter.font()
    font.setPixelSize(_SMALL_TEXT)
    painter.setFont(font)
    for mark, box in placed:
        if box.width() >= _ROOM_FOR_WORDS.get(mark.verdict, _ROOM_FOR_ERRORS):
            _draw_words(painter, box, mark)


def _draw_words(painter: QPainter, box: QRectF, mark: Mark) -> None:
    """On a dark plate in the colour of the verdict, above the box or, at the edge, inside it."""
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(mark.words) + 6.0, float(metrics.height())
    top = box.top() - height - 2 if box.top() > height + 2 else box.top() + 2
    plate = QRectF(box.left(), top, width, height)
    painter.fillRect(plate, QColor(0, 0, 0, 190))
    painter.setPen(QColor(LOOKS[mark.verdict].colour))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, mark.words)


def draw_small(picture: QImage, outcome: DetectionOutcome | SegmentationOutcome) -> None:
    """All verdicts over a small picture of the whole image; may be called on a thread."""
    painter = QPainter(picture)
    across, down = picture.width() / outcome.width, picture.height() / outcome.height
    if isinstance(outcome, DetectionOutcome):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for mark in marks(outcome, "both", ()):
            x, y, w, h = mark.box
            draw_box(painter, QRectF(x * across, y * down, w * across, h * down), mark.verdict, 1.2)
    else:
        codes: NDArray[np.uint8] = service("map_answers", "verdicts")(outcome)
        columns, rows = np.arange(picture.width()), np.arange(picture.height())
        here = codes[
            np.minimum((rows / down).astype(np.intp), outcome.height - 1)[:, None],
            np.minimum((columns / across).astype(np.intp), outcome.width - 1)[None, :],
        ]
        painter.drawImage(QPointF(0, 0), _coloured(here, columns, rows, pixel_codes("both", ())))
    painter.end()


def mark_at(shown: Collection[Mark], x: float, y: float) -> Mark | None:
    """The smallest box around a point of the image."""
    around = [
        m for m in shown
        if m.box[0] <= x <= m.box[0] + m.box[2] and m.box[1] <= y <= m.box[1] + m.box[3]
    ]  # fmt: skip
    return min(around, key=lambda m: m.box[2] * m.box[3], default=None)


def pixel_codes(side: str, hidden: Collection[Verdict]) -> dict[int, Verdict]:
    """The codes of a map of verdicts that one side shows."""
    absent = {"true": Verdict.FALSE_ALARM, "found": Verdict.MISS}.get(side)
    return {c: v for c, v in CODES.items() if v not in hidden and v is not absent}


def draw_pixels(
    painter: QPainter, view: View, codes: NDArray[np.uint8], shown: dict[int, Verdict]
) -> None:
    """The visible part of a map of verdicts [H, W], coloured and patterned by verdict; void
    pixels are greyed."""
    if view.empty:
        return
    width, height = (math.ceil(side) for side in view.viewport)
    x0, x1 = max(0, round(view.left)), min(width, round(view.left + view.width * view.scale))
    y0, y1 = max(0, round(view.top)), min(height, round(view.top + view.height * view.scale))
    if x1 <= x0 or y1 <= y0:
        return
    across, down = np.arange(x0, x1), np.arange(y0, y1)
    columns = np.clip(((across + 0.5 - view.left) / view.scale).astype(np.intp), 0, view.width - 1)
    rows = np.clip(((down + 0.5 - view.top) / view.scale).astype(np.intp), 0, view.height - 1)
    seen = codes[rows[:, None], columns[None, :]]
    painter.drawImage(QPointF(x0, y0), _coloured(seen, across, down, shown))


def _coloured(
    seen: NDArray[np.uint8],
    across: NDArray[np.intp],
    down: NDArray[np.intp],
    shown: dict[int, Verdict],
) -> QImage:
    pixels = np.zeros((*seen.shape, 4), np.uint8)  # blue, green, red, opacity
    for code, verdict in {**shown, _NOWHERE: Verdict.IGNORED}.items():
        here = seen == code
        if not here.any():
            continue
        look = LOOKS[verdict]
        colour = QColor(look.colour)
        pixels[here, :3] = colour.blue(), colour.green(), colour.red()
        strong = pattern(look.filling, across, down) | _edges(here)
        pixels[..., 3][here] = np.where(strong, _STRONG, _FAINT)[here]
    height, width = seen.shape
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32)
    return image.copy()


def _edges(here: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels with a neighbour to the left or above that is not in, or the other way round."""
    edge = np.zeros_like(here)
    edge[:, 1:] |= here[:, 1:] != here[:, :-1]
    edge[1:] |= here[1:] != here[:-1]
    return edge
