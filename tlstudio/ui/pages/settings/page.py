"""The Settings page; every choice holds at once, nothing has to be saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from tlstudio.ui.label_look import patterns
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.settings.backups import BackupList
from tlstudio.ui.pages.settings.keys import KeysSection
from tlstudio.ui.pages.settings.patient_key import PatientKeySection
from tlstudio.ui.pages.settings.weights import WeightsTable
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import (
    Segments,
    button,
    column,
    field,
    label,
    named,
    panel,
    row,
    scrolling,
)
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_NAMES = ("author", "network.proxy", "network.ca_file")


class SettingsPage(QWidget):
    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("settingsPage")
        self._context = context
        self._theme = Segments(
            "themeChoice",
            tr("Theme"),
            (
                ("dark", tr("Dark")),
                ("light", tr("Light")),
                ("contrast", tr("High contrast")),
                ("system", tr("As the system")),
            ),
            self._set_theme,
        )
        self._theme.set_value(theme().mode)
        self._patterns = named(
            QCheckBox(tr("Labels differ by pattern as well as by colour")),
            "patternsCheck",
            tr("Labels differ by pattern as well as by colour"),
        )
        self._patterns.setChecked(patterns().on)
        self._patterns.toggled.connect(self._set_patterns)
        self._going_on = named(
            QCheckBox(tr("Going on to the next image marks a draft as labelled")),
            "goingOnCheck",
            tr("Going on to the next image marks a draft as labelled"),
        )
        self._going_on.toggled.connect(lambda on: self._set("label.going_on", on))
        self._author = self._text("author", "settingAuthor", tr("Your name"),
                                  tr("Written beside what you label"))  # fmt: skip
        self._proxy = self._text("network.proxy", "settingProxy", tr("Proxy"),
                                 "http://proxy.hospital.example:8080")  # fmt: skip
        self._authority = self._text("network.ca_file", "settingAuthority",
                                     tr("File of your own certificate authority"),
                                     tr("only where your network asks for one"))  # fmt: skip
        self.keys = KeysSection(context)
        self.weights = WeightsTable(context)
        self.backups = BackupList(context)
        self.patient_key = PatientKeySection(context)
        inside = QWidget()
        body = column(
            label(tr("Settings"), "title"),
            self._general(),
            panel(label(tr("Keys"), "heading"), self.keys),
            self._network(),
            panel(label(tr("Pretrained weights"), "heading"), self.weights),
            panel(label(tr("Backups of this project"), "heading"), self.backups),
            panel(label(tr("Patient key"), "heading"), self.patient_key),
            self._places(),
            self._about(),
            None,
            gap=16,
        )
        body.setContentsMargins(40, 32, 40, 32)
        inside.setLayout(body)
        inside.setMaximumWidth(1000)
        self._scroll = scrolling(inside, "settingsScroll", tr("Settings"))
        self.setLayout(column(self._scroll, gap=0))

    # -- parts ----------------------------------------------------------------------------

    def _general(self) -> QFrame:
        return panel(
            label(tr("General"), "heading"),
            _form(
                (tr("Theme"), self._theme),
                (tr("Patterns"), self._patterns),
                (tr("Labelling"), self._going_on),
                (tr("Your name"), self._author),
            ),
        )

    def _network(self) -> QFrame:
        choose = button(tr("Choose…"), "chooseAuthority", self._choose_authority, icon="folder")
        authority = QWidget()
        authority.setLayout(row(self._authority, choose))
        return panel(
            label(tr("Network"), "heading"),
            label(
                tr("TL Studio goes to the network only when you fetch weights."), "dim", wrap=True
            ),
            _form((tr("Proxy"), self._proxy), (tr("Certificate authority"), authority)),
        )

    def _places(self) -> QFrame:
        self._home = label(role="dim", name="homeFolder", wrap=True)
        self._log = label(role="dim", name="logFile", wrap=True)
        return panel(
            label(tr("Where things are"), "heading"),
            _form((tr("Settings and weights"), self._home), (tr("Log"), self._log)),
            row(
                button(tr("Open the folder"), "openHome", self._open_home, icon="folder"),
                button(tr("Open the log"), "openLog", self._open_log, icon="log"),
                None,
            ),
        )

    def _about(self) -> QFrame:
        from tlstudio import __version__

        return panel(
            label(tr("About"), "heading"),
            label(tr("TL Studio {version}", version=__version__), name="aboutVersion"),
            label(
                tr(
                    "Free software under the GNU Affero General Public License, version 3 or"
                    " later (AGPL-3.0-or-later). You may use, study, share and change it; it"
                    " comes without any warranty."
                ),
                "dim",
                "aboutLicence",
                wrap=True,
            ),
        )

    def _text(self, setting: str, name: str, says: str, hint: str) -> QLineEdit:
        made = field(name, says, hint=hint)
        made.setMinimumWidth(360)
        made.editingFinished.connect(lambda: self._keep(setting, made))
        return made

    # -- what the shell calls -------------------------------------------------------------

    def shown(self, keys: bool = False, weights: str = "") -> None:
        """`keys` goes straight to the keys, `weights` to those of that model."""
        if weights:
            self._scroll.ensureWidgetVisible(self.weights, 0, self._scroll.height())
            self.weights.choose(weights)
        if keys:
            self._scroll.ensureWidgetVisible(self.keys, 0, self._scroll.height())
            self.keys.find.setFocus()
        self._context.ops.run(_read_all, on_done=self._fill, key="settings.read")
        self.weights.reload()
        self.backups.reload()
        self.patient_key.reload()

    def _fill(self, found: dict[str, Any]) -> None:
        for name, entry in zip(_NAMES, (self._author, self._proxy, self._authority), strict=True):
            if not entry.isModified():
                entry.setText(str(found[name] or ""))
                entry.setModified(False)
        self._going_on.blockSignals(True)
        self._going_on.setChecked(found["label.going_on"])
        self._going_on.blockSignals(False)
        self._home.setText(str(found["home"]))
        self._log.setText(str(found["log"]))

    # -- keeping --------------------------------------------------------------------------

    def _keep(self, name: str, entry: QLineEdit) -> None:
        if not entry.isModified():
            return
        entry.setModified(False)
        value = entry.text().strip() or None
        self._set(name, value)
        if name == "author" and value and self._context.project is not None:
            self._context.project.author = value

    def _set(self, name: str, value: object) -> None:
        self._context.ops.run(
            service("projects", "set_setting"), name, value, lane=Lane.WRITE, owner=self
        )

    def _set_theme(self, mode: str) -> None:
        theme().apply(mode)
        self._set("theme", mode)

    def _set_patterns(self, on: bool) -> None:
        patterns().set_on(on)
        self._set("patterns", on)

    def _choose_authority(self) -> None:
        chosen, _kind = QFileDialog.getOpenFileName(
            self, tr("Certificate authority"), "", tr("Certificates (*.pem *.crt *.cer)")
        )
        if chosen:
            self._authority.setText(chosen)
            self._authority.setModified(True)
            self._keep("network.ca_file", self._authority)

    def _open_home(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._home.text()))

    def _open_log(self) -> None:
        path = Path(self._log.text())
        if not path.is_file():
            self._context.status_text.emit(tr("The log is still empty."))
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _form(*lines: tuple[str, QWidget]) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(8)
    for index, (text, widget) in enumerate(lines):
        caption = label(text, "dim")
        caption.setMinimumWidth(150)
        grid.addWidget(caption, index, 0)
        # text takes the room there is, a control only its own
        inside = row(widget) if isinstance(widget, QLabel) else row(widget, None)
        grid.addLayout(inside, index, 1)
    grid.setColumnStretch(1, 1)
    return grid


def _read_all() -> dict[str, Any]:
    found: dict[str, Any] = {name: service("projects", "setting")(name) for name in _NAMES}
    found["label.going_on"] = service("projects", "setting")("label.going_on", True) is not False
    found["home"] = service("preferences", "home_folder")()
    found["log"] = service("projects", "log_file")()
    return found
