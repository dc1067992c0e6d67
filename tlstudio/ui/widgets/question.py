"""A question before something that cannot be taken back; leaving things as they are is default."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr


def agreed(
    parent: QWidget, name: str, title: str, *, question: str, consequence: str, go: str
) -> bool:
    """Whether a person pressed the button `go`; Esc and closing the question mean no. Its
    controls are named after `name`."""
    asked = named(QMessageBox(parent), f"{name}Question", title)
    asked.setIcon(QMessageBox.Icon.Warning)
    asked.setWindowTitle(title)
    asked.setText(question)
    asked.setInformativeText(consequence)
    roles = QMessageBox.ButtonRole
    accept = named(asked.addButton(go, roles.DestructiveRole), f"{name}Accept", go)
    stay = named(asked.addButton(tr("Cancel"), roles.RejectRole), f"{name}Cancel", tr("Cancel"))
    asked.setDefaultButton(stay)
    asked.setEscapeButton(stay)
    asked.exec()
    chosen = asked.clickedButton()
    asked.deleteLater()
    return chosen is accept
