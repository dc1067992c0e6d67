"""The patient key: which one is here, and how it goes to another machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from tlstudio.domain.errors import UserError
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.widgets.basics import button, column, label, row
from tlstudio.ui.widgets.question import agreed
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from tlstudio.services.patient_key import PatientKey
    from tlstudio.ui.context import Context


class PatientKeySection(QWidget):
    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("patientKey")
        self._context = context
        self._mark = label(name="patientKeyMark", wrap=True)
        why = tr(
            "Patients' ids, and names that are replaced, become codes that only this key can make"
            " again. It is kept outside of all projects. Take it along to another machine, else"
            " one patient becomes two groups there; give it to nobody who must not know whose"
            " images these are."
        )
        export = button(tr("Export…"), "patientKeyExport", self._choose_target, icon="export")
        bring = button(tr("Import…"), "patientKeyImport", self._choose_source, icon="folder")
        self.setLayout(
            column(
                label(why, "dim", "patientKeyWhy", wrap=True),
                self._mark,
                row(export, bring, None),
                gap=8,
            )
        )

    def reload(self) -> None:
        self._context.ops.run(
            service("patient_key", "patient_key"), on_done=self._show, key="settings.patient_key"
        )

    def _show(self, key: PatientKey) -> None:
        if key.fingerprint:
            self._mark.setText(
                tr("This machine has a key, known by its mark {mark}.", mark=key.fingerprint)
            )
        else:
            self._mark.setText(tr("There is no key yet; the first import that needs it makes it."))

    def _choose_target(self) -> None:
        chosen, _kind = QFileDialog.getSaveFileName(
            self, tr("Export the patient key"), "patient-key.json"
        )
        if chosen:
            self.export(Path(chosen))

    def export(self, target: Path) -> None:
        """Write the key to a new file."""
        self._context.ops.run(
            service("patient_key", "export_key"),
            target,
            on_done=self._exported,
            lane=Lane.WRITE,
            owner=self,
        )

    def _exported(self, key: PatientKey) -> None:
        self._context.show_message(
            tr("The key was written to {file}. Keep it away from projects.", file=key.file),
            "success",
        )
        self.reload()

    def _choose_source(self) -> None:
        chosen, _kind = QFileDialog.getOpenFileName(self, tr("Import a patient key"))
        if chosen:
            self.bring(Path(chosen))

    def bring(self, source: Path, *, replace: bool = False) -> None:
        """Use the key of a file; asks first where there is another."""
        self._context.ops.run(
            service("patient_key", "import_key"),
            source,
            replace=replace,
            on_done=self._brought,
            on_error=lambda error: self._refused(error, source),
            lane=Lane.WRITE,
            owner=self,
        )

    def _brought(self, key: PatientKey) -> None:
        text = tr("The key {mark} is used from now on.", mark=key.fingerprint)
        if key.kept is not None:
            text += " " + tr("The one before is kept in {file}.", file=key.kept)
        self._context.show_message(text, "success")
        self.reload()

    def _refused(self, error: BaseException, source: Path) -> None:
        if not isinstance(error, UserError) or error.code != "identity.other_key":
            self._context.show_error(error)
            return
        if agreed(
            self,
            "patientKey",
            tr("Replace the patient key"),
            question=tr("Replace the key of this machine?"),
            consequence=say_error(error),
            go=tr("Replace"),
        ):
            self.bring(source, replace=True)
