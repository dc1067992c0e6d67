"""What a run finds in a few validation images, epoch by epoch, beside the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import label, named
from tlstudio.ui.widgets.epoch_strip import EpochStrip
from tlstudio.ui.widgets.outcome_look import SHOWN, counts_of, meaning_of, swatch, words_of
from tlstudio.ui.widgets.outcome_marks import draw_small
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.images import ImageRow
    from tlstudio.ui.context import Context

Outcome = DetectionOutcome | SegmentationOutcome
Drawn = list[tuple[Outcome, QImage | None]]

SIDE = 192


class ExamplesStrip(EpochStrip):
    def __init__(self, context: Context) -> None:
        super().__init__(
            context, "run_examples", [None, *_legend()], draw=_draw, tile=_tile, words=_words
        )


def _words(epoch: int) -> str:
    words = tr("Validation images after epoch {n}", n=epoch)
    return words if epoch else tr("Validation images after the first stage")


def _legend() -> list[QWidget]:
    made: list[QWidget] = []
    for verdict in SHOWN:
        line = QLabel()
        line.setPixmap(swatch(verdict, 2.0))
        words = label(words_of(verdict), "dim")
        for each in (line, words):
            each.setToolTip(meaning_of(verdict))
        made += [line, words]
    return made


def _tile(place: int, drawn: tuple[Outcome, QImage | None]) -> QLabel:
    outcome, picture = drawn
    tile = QLabel()
    named(tile, f"run_example_{place}", counts_of(outcome))
    tile.setToolTip(counts_of(outcome))
    tile.setAlignment(Qt.AlignmentFlag.AlignCenter)
    tile.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    if picture is None:
        tile.setText(tr("picture missing"))
    else:
        tile.setPixmap(QPixmap.fromImage(picture))
    return tile


def _draw(project: object, run_id: str, file: str) -> Drawn:
    """On a thread: thumbnails with the verdicts on them."""
    outcomes: list[Outcome] = service("run_examples", "run_examples")(project, run_id, file)
    ids = [outcome.image for outcome in outcomes]
    rows: list[ImageRow] = service("images", "image_rows")(project, ids)
    keys = {each.id: each.pixel_hash for each in rows}
    jpegs = service("images", "thumbnails")(project, keys.values())
    return [(each, _picture(each, jpegs.get(keys.get(each.image, "")))) for each in outcomes]


def _picture(outcome: Outcome, jpeg: bytes | None) -> QImage | None:
    made = QImage.fromData(jpeg) if jpeg else QImage()
    if made.isNull():
        return None
    made = made.convertToFormat(QImage.Format.Format_RGB32).scaled(
        SIDE,
        SIDE,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    draw_small(made, outcome)
    return made
