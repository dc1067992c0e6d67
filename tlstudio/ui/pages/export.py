"""Export: carry the trained model away, checked, or the annotations for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QListWidget, QWidget

from tlstudio.domain.progress import Cancel
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.pages.export_labels import LabelsSection
from tlstudio.ui.widgets.basics import (
    box,
    button,
    column,
    disable,
    field,
    label,
    named,
    panel,
    row,
    scrolling,
)
from tlstudio.ui.widgets.run_picker import RunPicker
from tlstudio.ui.widgets.step_bar import StepBar
from tlstudio.ui.words import count, say_error, tr

if TYPE_CHECKING:
    from tlstudio.services.exporting import ExportReport
    from tlstudio.ui.context import Context

_CONTENTS = (
    ("model.onnx", "the model, readable by most programs (ONNX)"),
    ("bundle.json", "labels, pre- and post-processing, figures and origin, for machines"),
    ("MODEL_CARD.md", "the same for people: what it learned from, how good it is, its limits"),
    ("predict.py", "a small program that needs only onnxruntime, numpy and pillow"),
    ("read_images.py and two more", "the parts of it that read images, TIFF and DICOM files"),
    ("a sample image", "with the answer it must give, so that any copy can be checked"),
    ("parity.json", "proof that the bundle answers as the trained model does"),
)

_READERS = next(place for place, (name, _) in enumerate(_CONTENTS) if "read_images" in name)

_PARTS = {
    "detection": (
        "find_boxes.py, tell_shapes.py",
        "the parts of it that make the model's input, remove double boxes, and draw",
    ),
    "segmentation": (
        "paint_regions.py, tell_shapes.py",
        "the parts of it that move a window over the image, blend, and draw",
    ),
    "style": ("restyle.py", "the part of it that restyles a picture of any size"),
}
"""What the bundles of a task hold besides."""

_IN_OTHER_WORDS = {
    "style": {
        "bundle.json": "how pictures go in and come out, settings and origin, for machines",
        "MODEL_CARD.md": "the same for people: which style, what it learned from, its limits",
        "a sample image": "restyled as it must come out, so that any copy can be checked",
        "parity.json": "proof that the bundle restyles as the trained model does",
    }
}
"""What is said otherwise of a bundle without labels and figures."""

_DRAWING = {
    "detection": " --draw DRAWINGS",
    "segmentation": " --masks LABEL_MAPS",
    "style": " --out RESTYLED",
}


class ExportPage(QWidget):
    """What is in the bundle, one button, checks with ticks, and the command to use it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._job: Job | None = None
        self._bundle: Path | None = None
        self._build()

    def shown(self, run: str | None = None) -> None:
        """Come to the front; with `run`, offer that one."""
        if run is not None:
            self._runs.want(run)
        self._labels.shown()

    def _build(self) -> None:
        named(self, "export_page", tr("Export"))
        self._runs = RunPicker(self._context, "export_run")
        self._runs.picked.connect(self._run_picked)
        self._try = button(tr("Try an image"), "export_try", self._go_try, icon="sparkle")
        self._folder = field("export_folder", tr("Folder for the bundle"))
        self._folder.textChanged.connect(lambda _text: self._show_state())
        self._choose = button(tr("Choose…"), "export_choose", self._ask_folder, icon="folder")
        self._start = button(
            tr("Export the model"), "export_start", self._export, icon="export", role="primary"
        )
        self._start.setMinimumHeight(36)
        self._bar = StepBar("export", tr("Progress of the export"))
        self._bar.cancelled.connect(self._call_off)
        self._stage = label(role="dim", name="export_stage", wrap=True)
        self._checks = named(QListWidget(), "export_checks", tr("Checks of the bundle"))
        self._checks.setProperty("role", "framed")
        self._checks.setMaximumHeight(150)
        self._command = field("export_command", tr("Command to use the bundle elsewhere"))
        self._command.setReadOnly(True)
        self._copy = button(tr("Copy"), "export_copy", self._copy_command, icon="copy")
        self._open = button(
            tr("Open the folder"), "export_open", self._open_folder, icon="folder-open"
        )
        contents = column(gap=4)
        self._meanings = {name: label(tr(words), "dim", wrap=True) for name, words in _CONTENTS}
        for name, meaning in self._meanings.items():
            contents.addLayout(row(_fixed(tr(name)), meaning, gap=12))
        self._part_name, self._part_words = _fixed(""), label("", "dim", wrap=True)
        self._parts = box(row(self._part_name, self._part_words, gap=12))
        contents.insertWidget(_READERS + 1, self._parts)
        self._done = panel(
            label(tr("Checked"), "heading"),
            self._checks,
            label(tr("Use it anywhere with Python"), "heading"),
            row(self._command, self._copy),
            row(self._open, None),
        )
        self._labels = LabelsSection(self._context)
        whole = column(
            row(label(tr("Model")), self._runs, self._try, None),
            panel(label(tr("The bundle holds"), "heading"), contents),
            row(label(tr("Folder")), self._folder, self._choose),
            row(self._start, None),
            self._bar,
            self._stage,
            self._done,
            self._labels,
            None,
            gap=12,
        )
        inside = box(whole)
        whole.setContentsMargins(24, 16, 24, 16)
        self.setLayout(column(scrolling(inside, "export_scroll", tr("Export"))))
        self._done.hide()
        self._show_state()

    def _run_picked(self, run_id: str) -> None:
        project = self._context.project
        if project is not None and run_id:
            place = project.folder.parent / f"{project.folder.stem}-{run_id}-bundle"
            self._folder.setText(str(place))
        name, words = _PARTS.get(self._runs.task(), ("", ""))
        self._part_name.setText(tr(name) if name else "")
        self._part_words.setText(tr(words) if words else "")
        self._parts.setVisible(bool(name))
        otherwise = _IN_OTHER_WORDS.get(self._runs.task(), {})
        for part, usual in _CONTENTS:
            self._meanings[part].setText(tr(otherwise.get(part, usual)))
        self._done.hide()
        self._show_state()

    def _show_state(self) -> None:
        none = tr("Train a model first; then it can be exported here.")
        reason = "" if self._runs.run_id() else none
        if not reason and not self._folder.text().strip():
            reason = tr("Choose a folder for the bundle")
        if self._job is not None:
            reason = tr("The export is under way")
        self._runs.setEnabled(self._job is None)
        disable(self._start, reason)
        disable(self._try, "" if self._runs.run_id() else none)
        self._stage.setText(reason if self._job is None else "")

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder that shall hold the bundle"))
        if chosen:
            self._folder.setText(str(Path(chosen) / f"{self._runs.run_id()}-bundle"))

    def _export(self) -> None:
        self._done.hide()
        self._job = self._context.ops.run(
            service("exporting", "export_model"),
            self._context.project,
            self._runs.run_id(),
            Path(self._folder.text().strip()),
            on_done=self._exported,
            on_error=self._failed,
            on_cancelled=self._ended,
            on_progress=self._bar.show_step,
            cancel=Cancel(),
            owner=self,
            lane=Lane.LONG,
        )
        self._bar.begin()
        self._show_state()

    def _exported(self, report: ExportReport) -> None:
        self._ended()
        self._bundle = Path(report.bundle)
        self._checks.clear()
        for name in report.files:
            self._checks.addItem(f"✓ {name}")
        for kind, parity in report.parity.items():
            passed = bool(parity["passed"])
            words = (
                _agreement(kind.upper(), parity)
                if passed
                else tr(
                    "{kind} answers differently ({how}): do not use this bundle",
                    kind=kind.upper(),
                    how=_difference(parity),
                )
            )
            self._checks.insertItem(0, ("✓ " if passed else "✗ ") + words)
        drawing = _DRAWING.get(self._runs.task(), "")
        program = self._bundle / "predict.py"
        self._command.setText(f'python "{program}"{drawing} IMAGE_OR_FOLDER')
        self._done.show()

    def _failed(self, error: BaseException) -> None:
        self._ended()
        self._stage.setText(say_error(error))
        self._context.show_error(error)

    def _ended(self) -> None:
        self._job = None
        self._bar.rest()
        self._show_state()

    def _call_off(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _copy_command(self) -> None:
        QGuiApplication.clipboard().setText(self._command.text())

    def _open_folder(self) -> None:
        if self._bundle is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._bundle)))

    def _go_try(self) -> None:
        self._context.go_to("tryout", run=self._runs.run_id())


def _agreement(kind: str, parity: dict[str, Any]) -> str:
    return count(
        int(parity["n"]),
        "{kind} answers as the trained model does on {n} image ({how})",
        "{kind} answers as the trained model does on {n} images ({how})",
        kind=kind,
        how=_difference(parity),
    )


def _difference(parity: dict[str, Any]) -> str:
    """How far the answers are apart, by what the task has: boxes, label maps, probabilities."""
    if "matched" in parity:
        return count(
            int(parity["matched"]),
            "{n} box matched, {lonely} without a partner, difference {pixels} px",
            "{n} boxes matched, {lonely} without a partner, difference {pixels} px",
            lonely=parity["lonely"],
            pixels=f"{parity['max_pixels']:.1e}",
        )
    if "dice" in parity:
        return tr(
            "Dice {dice}, {share} % of the pixels differ",
            dice=f"{parity['dice']:.5f}",
            share=f"{100 * parity['differ']:.2g}",
        )
    return tr("difference {d}", d=f"{parity['max_diff']:.1e}")


def _fixed(text: str) -> QWidget:
    made = label(text)
    made.setFixedWidth(232)
    return made
