"""Try an image: drop a picture, see the answer with its confidence."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QLabel, QProgressBar, QSizePolicy, QWidget

from tlstudio.domain.tasks import Task
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.shortcuts import Shortcuts, press
from tlstudio.ui.widgets.answer_picture import draw_answers, image_of
from tlstudio.ui.widgets.basics import (
    box,
    button,
    clear,
    column,
    label,
    line,
    named,
    restyle,
    row,
)
from tlstudio.ui.widgets.restyled_view import Repainted, RestyledView, repaint_file
from tlstudio.ui.widgets.run_picker import RunPicker
from tlstudio.ui.words import count, say_error, tr

if TYPE_CHECKING:
    from tlstudio.services.predictions import Prediction, PredictReport
    from tlstudio.ui.context import Context

_SIDE = 720
_MOST_ROWS = 8

Preview = tuple[QImage, tuple[int, int]]


class TryoutPage(QWidget):
    """The trained model at work on pictures that are not part of the project."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._file: Path | None = None
        self._shown: QImage | None = None
        self._woken = False
        self._build()

    def shown(self, run: str | None = None) -> None:
        """Come to the front; with `run`, try that one."""
        if run is not None:
            self._runs.want(run)

    def closing(self) -> None:
        """The project or the window closes: the model that was kept warm is put away."""
        if self._woken:  # apart: a worker that is still starting lets go after two seconds
            rest = service("predictions", "rest")
            threading.Thread(target=rest, name="tryout-rest", daemon=True).start()

    def accepts(self, urls: list) -> bool:
        """Whether something droppable is over the window."""
        return any(url.isLocalFile() for url in urls)

    def dropped(self, paths: list[Path]) -> None:
        """Try the first of the dropped files."""
        files = [p for p in paths if p.is_file()]
        if files:
            self.try_file(files[0])

    def try_file(self, file: Path) -> None:
        """Show `file` and ask the model about it."""
        if not self._runs.run_id():
            return
        self._file = file
        self._woken = True
        self._name.setText(file.name)
        self._say(tr("Asking the model"), working=True)
        self._compare_nothing()
        self._context.ops.run(
            _preview, file, on_done=self._show_preview, on_error=self._unseen, key="tryout.preview"
        )
        if self._runs.task() == Task.STYLE:
            self._restyle(file)
            return
        colours = {each.id: each.colour for each in self._context.labels.all()}
        self._context.ops.run(
            _ask,
            self._context.project,
            self._runs.run_id(),
            file,
            colours,
            on_done=self._answered,
            on_error=self._failed,
            lane=Lane.LONG,
            key="tryout",
        )

    def _restyle(self, file: Path) -> None:
        self._context.ops.run(
            repaint_file,
            self._context.project,
            self._runs.run_id(),
            file,
            on_done=lambda pair: self._restyled(file, pair),
            on_error=self._failed,
            lane=Lane.LONG,
            key="tryout",
        )

    def _build(self) -> None:
        named(self, "tryout_page", tr("Try an image"))
        self._runs = RunPicker(self._context, "tryout_run")
        self._runs.picked.connect(self._run_picked)
        self._choose = button(
            tr("Choose an image…"), "tryout_choose", self._ask_file, icon="image", role="primary"
        )
        Shortcuts(self, {"tryout.choose": press(self._choose)})
        self._back = button(
            tr("Back to the results"), "tryout_back", lambda: self._context.go_to("results")
        )
        self._picture = QLabel(objectName="tryout_picture")
        self._picture.setAccessibleName(tr("The image tried"))
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setMinimumSize(QSize(320, 320))
        self._picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._picture.setWordWrap(True)
        self._drop = QFrame(objectName="tryout_drop")
        self._drop.setProperty("role", "drop")
        self._compare = RestyledView()
        inside = column(self._picture, self._compare)
        inside.setContentsMargins(16, 16, 16, 16)
        self._drop.setLayout(inside)
        self._name = label(role="dim", name="tryout_name")
        self._answer = label(role="headline", name="tryout_answer", wrap=True)
        self._note = label(role="dim", name="tryout_note", wrap=True)
        self._bars = column(gap=8)
        self._save = button(
            tr("Save the picture…"), "tryout_save", self._save_picture, icon="download"
        )
        side = box(
            column(
                label(tr("Answer"), "heading"),
                self._answer,
                self._note,
                row(self._save, None),
                line(),
                self._bars,
                None,
                gap=12,
            )
        )
        side.setMinimumWidth(320)
        stage = row(self._drop, side, gap=24)
        stage.setStretch(0, 3)
        stage.setStretch(1, 2)
        whole = column(
            row(label(tr("Model")), self._runs, self._choose, None, self._back),
            stage,
            self._name,
            gap=12,
        )
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 16, 16, 16)
        self.setLayout(whole)
        self._picture.setText(tr("Drop an image here, or choose one above"))
        self._save.hide()

    def _run_picked(self, run_id: str) -> None:
        self._choose.setEnabled(bool(run_id))
        if not run_id:
            self._say(tr("Train a model first; then it can be tried here."))
        elif self._file is not None:
            self.try_file(self._file)
        else:
            self._wake(run_id)

    def _wake(self, run_id: str) -> None:
        """Load the model while the person looks for a picture."""
        self._woken = True
        self._context.ops.run(
            service("predictions", "wake"),
            self._context.project,
            run_id,
            on_error=self._failed,
            lane=Lane.LONG,
        )

    def _ask_file(self) -> None:
        chosen = QFileDialog.getOpenFileName(self, tr("Image to try"), "", tr("All files (*)"))[0]
        if chosen:
            self.try_file(Path(chosen))

    def _show_preview(self, preview: Preview) -> None:
        self._show_picture(preview[0])

    def _show_picture(self, picture: QImage) -> None:
        self._shown = picture
        room = self._picture.size()
        self._picture.setPixmap(
            QPixmap.fromImage(picture).scaled(
                room,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._shown is not None:
            self._show_picture(self._shown)

    def _unseen(self, _error: BaseException) -> None:
        """The answer says why; the name stands where the picture would."""
        self._shown = None
        self._picture.setText(self._name.text())

    def _answered(self, answer: tuple[PredictReport, QImage | None]) -> None:
        report, picture = answer
        if picture is not None:
            self._show_picture(picture)
        if report.task == Task.CLASSIFICATION:
            self._show_class(report.predictions[0])
        elif report.task == Task.DETECTION:
            self._show_boxes(report)
        else:
            self._show_regions(report)
        restyle(self)

    def _restyled(self, file: Path, pair: Repainted) -> None:
        self._picture.hide()
        self._compare.show_pair(file, pair)
        self._save.show()
        self._answer.setText(tr("Restyled"))
        self._note.setText(
            tr(
                "In the look of {style}, {w} × {h} pixels. Drag the divider to compare; the wheel"
                " looks closer.",
                style=pair.style,
                w=pair.whole.width(),
                h=pair.whole.height(),
            )
        )
        clear(self._bars)

    def _compare_nothing(self) -> None:
        self._compare.clear()
        self._save.hide()
        self._picture.show()

    def _save_picture(self) -> None:
        if said := self._compare.ask_where():
            self._note.setText(said)

    def _show_class(self, found: Prediction) -> None:
        self._answer.setText(found.label)
        self._note.setText(
            tr(
                "{share} sure. What the model has never seen it may still name with confidence.",
                share=f"{found.confidence:.0%}",
            )
        )
        ranked = sorted(found.probabilities.items(), key=lambda pair: -pair[1])
        self._show_shares([(f"{name}  {share:.1%}", share) for name, share in ranked])

    def _show_boxes(self, report: PredictReport) -> None:
        found = Counter(each.label for each in report.predictions)
        total = found.total()
        self._answer.setText(count(total, "{n} object", "{n} objects"))
        least = f"{report.threshold or 0:.0%}"
        if total:
            note = tr("Those the model is at least {least} sure of.", least=least)
        else:
            note = tr("Nothing that the model is at least {least} sure of.", least=least)
        self._note.setText(note)
        ranked = found.most_common()
        self._show_shares([(f"{name}  {number:,}", number / total) for name, number in ranked])

    def _show_regions(self, report: PredictReport) -> None:
        shares = [(each.label, _share(each)) for each in report.predictions]
        shares.sort(key=lambda pair: -pair[1])
        self._answer.setText(count(len(shares), "{n} label found", "{n} labels found"))
        self._note.setText(
            tr("Their shares of the image; what is not tinted is background.")
            if shares
            else tr("Nothing found: all of the image is background to the model.")
        )
        self._show_shares([(f"{name}  {share:.1%}", share) for name, share in shares])

    def _show_shares(self, rows: list[tuple[str, float]]) -> None:
        clear(self._bars)
        for place, (words, share) in enumerate(rows[:_MOST_ROWS]):
            self._bars.addWidget(label(words))
            bar = named(QProgressBar(), f"tryout_bar_{place}", words)
            bar.setRange(0, 1000)
            bar.setValue(round(1000 * share))
            bar.setTextVisible(False)
            self._bars.addWidget(bar)

    def _failed(self, error: BaseException) -> None:
        self._say(say_error(error))

    def _say(self, words: str, *, working: bool = False) -> None:
        """Words in place of an answer."""
        self._save.hide()
        self._answer.setText("…" if working else "")
        self._note.setText(words)
        clear(self._bars)


def _preview(file: Path) -> Preview:
    """On a thread: the file as the model sees it."""
    pixels, size = service("pictures", "preview_of_file")(file, _SIDE)
    return image_of(pixels), size


def _ask(
    project: object, run: str, file: Path, colours: Mapping[int, str]
) -> tuple[PredictReport, QImage | None]:
    """On a thread: the model's answer, and the picture with what it drew on it."""
    report: PredictReport = service("predictions", "predict_report")(project, run, images=[file])
    if report.task == Task.CLASSIFICATION:
        return report, None
    picture, size = _preview(file)
    return report, draw_answers(picture, size, report.predictions, colours)


def _share(region: Prediction) -> float:
    pixels = service("predictions", "region_pixels")(region)
    return float(pixels.mean())
