"""The choices of an import: how to read it, where groups come from, copy or refer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QSpinBox, QStackedWidget, QWidget

from tlstudio.domain.images import Split
from tlstudio.ui.pages.images.look import split_word
from tlstudio.ui.widgets.basics import Segments, box, column, disable, field, label, named, row
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.services.datasets import ImportOptions
    from tlstudio.services.previews import SourceLook

_PATTERN = r"([^/_]+)_[^/]*$"  # what stands before the first underscore of the file name


class ImportForm(QWidget):
    """`changed` is sent a moment after the last change of a choice."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("importForm")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(250)
        self._timer.timeout.connect(self.changed)
        self._format = self._combo("importFormat", tr("Read as"), format_words())
        splits = [("", tr("as found")), *((s.value, split_word(s)) for s in Split)]
        self._split = self._combo("importSplit", tr("Put all of them into"), splits)
        self._copy = Segments(
            "importCopy",
            tr("Files"),
            (("copy", tr("Copy into the project")), ("refer", tr("Leave where they are"))),
            self._keep_files,
        )
        self._copy.set_value("copy")
        self._copy.setToolTip(
            tr("Copies travel with the project; files left where they are must stay there")
        )
        self._rename = named(
            QCheckBox(tr("Replace the names of files and folders")),
            "importRename",
            tr("Replace the names of files and folders"),
        )
        self._rename.setToolTip(
            tr(
                "Copies are called image-000001 and so on; what files and folders are called does"
                " not come into the project. The patient key (Settings) finds them again"
            )
        )
        self._rename.toggled.connect(lambda _on: self._timer.start())
        self._advice = label(
            tr("These files name patients, and so may what they are called."),
            "dim",
            "importRenameAdvice",
            wrap=True,
        )
        self._groups = Segments(
            "importGroups",
            tr("Groups from"),
            (
                ("none", tr("The files")),
                ("folder", tr("Folder")),
                ("regex", tr("Name pattern")),
                ("column", tr("Column")),
            ),
            self._group_kind,
        )
        self._groups.setToolTip(
            tr(
                "Images of one patient, slide or video must stay together when sets are split."
                " DICOM files name their patient; the frames of a file belong together"
            )
        )
        self._build()
        self.reset()

    def _combo(self, name: str, says: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
        made = named(QComboBox(), name, says)
        for value, text in choices:
            made.addItem(text, value)
        made.activated.connect(lambda _index: self._timer.start())
        return made

    def _build(self) -> None:
        self._level = named(QSpinBox(), "groupLevel", tr("Folder level of the groups"))
        self._level.setRange(1, 9)
        self._level.setFixedWidth(72)
        self._level.valueChanged.connect(lambda _n: self._timer.start())
        self._pattern = field("groupPattern", tr("Pattern on the file name"), _PATTERN)
        self._pattern.setToolTip(
            tr("A regular expression; what the first bracket finds is the group")
        )
        self._pattern.textChanged.connect(lambda _text: self._timer.start())
        self._column = named(QComboBox(), "groupColumn", tr("Column of the groups"))
        self._column.activated.connect(lambda _index: self._timer.start())
        level = box(row(label(tr("Level, 1 is the outermost"), "dim"), self._level, None))
        self._details = QStackedWidget()
        self._pages = {
            "none": QWidget(),
            "folder": level,
            "regex": self._pattern,
            "column": self._column,
        }
        for page in self._pages.values():
            self._details.addWidget(page)
        self._details.setFixedHeight(30)
        self._samples = label(role="dim", name="groupSamples", wrap=True)
        self._samples.hide()
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        lines = (
            (tr("Read as"), self._format),
            (tr("Files"), self._copy),
            (tr("Names"), box(column(self._rename, self._advice, gap=2))),
            (tr("Split"), self._split),
            (tr("Groups from"), self._groups),
        )
        for index, (text, widget) in enumerate(lines):
            grid.addWidget(label(text, "dim"), index, 0)
            grid.addLayout(row(widget, None), index, 1)
        self._group_box = box(column(self._details, self._samples, gap=4))
        grid.addWidget(self._group_box, len(lines), 1)
        grid.setColumnStretch(1, 1)
        self.setLayout(grid)

    def reset(self) -> None:
        """Back to the choices that suit most sources."""
        self._format.setCurrentIndex(0)
        self._split.setCurrentIndex(0)
        self._level.setValue(1)
        self._column.clear()
        self._rename.setChecked(False)
        self._advice.hide()
        self._show_kind("none")
        self._timer.stop()

    def _keep_files(self, how: str) -> None:
        """Files that stay where they are keep their names."""
        if how != "copy":
            self._rename.setChecked(False)
        disable(
            self._rename, "" if how == "copy" else tr("Files that stay in place keep their names.")
        )
        self._timer.start()

    def options(
        self,
        *,
        dry_run: bool,
        images_dir: Path | None = None,
        label_map: Mapping[str, str | None] | None = None,
    ) -> ImportOptions:
        from tlstudio.services.datasets import ImportOptions

        split = self._split.currentData()
        return ImportOptions(
            format=self._format.currentData(),
            split=Split(split) if split else None,
            group_from=self._group_from(),
            copy=self._copy.value() == "copy",
            dry_run=dry_run,
            images_dir=images_dir,
            label_map=label_map or {},
            rename=self._rename.isChecked(),
        )

    def show_look(self, look: SourceLook) -> None:
        """What the source offers: its columns, how deep it is, examples of groups."""
        known = [self._column.itemText(i) for i in range(self._column.count())]
        if list(look.columns) != known:
            self._column.clear()
            self._column.addItems(list(look.columns))
        self._advice.setVisible(look.patients and not self._rename.isChecked())
        self._level.setMaximum(max(1, look.levels))
        self._level.setEnabled(look.levels > 0)
        if self._groups.value() == "none":
            return
        lines = [f"{name}  →  {group or tr('no group')}" for name, group in look.samples]
        total = count(look.groups, "1 group", "{n} groups")
        if look.ungrouped:
            total += ", " + count(look.ungrouped, "1 image in none", "{n} images in none")
        self._samples.setText("\n".join([total, *lines]))
        self._samples.show()

    def show_problem(self, text: str) -> None:
        """Why the source cannot be read with these choices."""
        self._samples.setText(text)
        self._samples.setVisible(bool(text) and self._groups.value() != "none")

    def _group_from(self) -> str | None:
        kind = self._groups.value()
        if kind == "folder":
            return f"folder:{self._level.value()}"
        if kind == "regex" and self._pattern.text():
            return f"regex:{self._pattern.text()}"
        if kind == "column" and self._column.currentText():
            return f"column:{self._column.currentText()}"
        return None

    def _group_kind(self, kind: str) -> None:
        self._show_kind(kind)
        self._timer.start()

    def _show_kind(self, kind: str) -> None:
        self._groups.set_value(kind)
        self._details.setCurrentWidget(self._pages[kind])
        self._group_box.setVisible(kind != "none")
        self._samples.hide()


def format_words() -> tuple[tuple[str, str], ...]:
    """(value of ImportOptions.format, what it says)."""
    return (
        ("auto", tr("Recognise by itself")),
        ("images", tr("Images without labels")),
        ("class-folders:-1", tr("Labels are the folders that hold the files")),
        ("class-folders:1", tr("Labels are the outermost folders")),
        ("split-folders", tr("Folders train, val, test")),
        ("csv", tr("A table (CSV)")),
        *annotation_words().items(),
    )


def annotation_words() -> dict[str, str]:
    """Formats of annotation files by what import_source calls them. Names are not translated."""
    return {
        "coco": "COCO",
        "yolo": "YOLO",
        "voc": "Pascal VOC",
        "labelme": "labelme",
        "labelme-xml": "labelme 3 (XML)",
        "xanylabeling": "X-AnyLabeling",
        "cvat": "CVAT",
        "label-studio": "Label Studio",
        "via": "VIA",
        "datumaro": "Datumaro",
        "geojson": "GeoJSON, QuPath",
        "masks": tr("Masks as images"),
    }


def recognised_words(format_: str) -> str:
    """How a source was read, for a sentence."""
    return {
        "images": tr("a folder of images"),
        "class-folders": tr("folders named like labels"),
        "split-folders": tr("ready-made train, val and test folders"),
        "csv": tr("a table"),
        **annotation_words(),
    }.get(format_.partition(":")[0], format_)


def places_text(sources: Sequence[Path]) -> str:
    """The sources in one line."""
    if not sources:
        return tr("Nothing chosen yet")
    if len(sources) == 1:
        return str(sources[0])
    return tr("{first} and {n} more", first=sources[0], n=len(sources) - 1)
