"""Copies of the open project, and going back to one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.widgets.basics import button, clear, column, disable, label, row
from tlstudio.ui.widgets.question import agreed
from tlstudio.ui.words import bytes_text, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlstudio.services.projects import Backup, Project
    from tlstudio.ui.context import Context


class BackupList(QWidget):
    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("backupList")
        self._context = context
        self._text = label(role="dim", name="backupText", wrap=True)
        self._rows = column(gap=2)
        self._now = button(tr("Back up now"), "backupNow", self._back_up, icon="backup")
        self.setLayout(column(self._text, self._rows, row(self._now, None), gap=8))
        context.project_changed.connect(self.reload)

    def reload(self) -> None:
        project = self._context.project
        disable(self._now, self._context.locked_reason())
        if project is None:
            self._show([])
            self._text.setText(tr("Open a project to see its copies."))
            return
        self._context.ops.run(
            service("projects", "list_backups"),
            project.folder,
            on_done=self._show,
            key="settings.backups",
        )

    def _show(self, backups: Sequence[Backup]) -> None:
        clear(self._rows)
        self._text.setText(
            tr(
                "Copies are made each day, and before imports, merges of labels, deletions of runs"
                " and restores."
            )
        )
        for index, made in enumerate(backups):
            restore = button(
                tr("Restore…"), f"restore_{index}", role="link",
                says=tr("Restore the copy of {when}", when=_when(made.made_at)),
            )  # fmt: skip
            restore.clicked.connect(lambda _on=False, b=made: self._ask(b))
            disable(restore, self._context.locked_reason())
            when = label(_when(made.made_at))
            when.setMinimumWidth(150)
            facts = label(f"{reason_word(made.reason)} · {bytes_text(made.size)}", "dim")
            line = row(when, facts, None, restore, gap=12)
            self._rows.addLayout(line)

    def _back_up(self) -> None:
        self._context.edit(
            service("projects", "back_up_now"), on_done=self._backed_up, lane=Lane.WRITE
        )

    def _backed_up(self, _made: Backup) -> None:
        self._context.status_text.emit(tr("A copy was made."))
        self.reload()

    def _ask(self, backup: Backup) -> None:
        if agreed(
            self,
            "restore",
            tr("Restore a copy"),
            question=tr("Go back to the project as it was on {when}?", when=_when(backup.made_at)),
            consequence=tr(
                "Labels and splits set since then go, and what could be undone as well. The project"
                " as it is now is copied first; where it can be read, that copy is in this list."
            ),
            go=tr("Restore"),
        ):
            self.restore(backup)

    def restore(self, backup: Backup) -> None:
        """Close the project, put the copy in its place, open it again, also where that failed."""
        project = self._context.project
        if project is None or not self._context.may_leave():
            return
        context, folder = self._context, Path(project.folder)

        def failed(error: BaseException) -> None:
            def again(project: Project) -> None:
                context.set_project(project)
                context.show_error(error)  # not before: messages go when a project comes

            context.ops.run(
                service("projects", "open_project"), folder,
                on_done=again, on_error=lambda _error: context.show_error(error), lane=Lane.LONG,
            )  # fmt: skip

        context.set_project(None)
        context.ops.run(
            context.after_closing(_restore),
            folder,
            Path(backup.path),
            on_done=context.set_project,
            on_error=failed,
            lane=Lane.LONG,
        )


def _restore(folder: Path, backup: Path) -> object:
    service("projects", "restore_backup")(folder, backup)
    return service("projects", "open_project")(folder)


def _when(moment: str) -> str:
    try:
        return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return moment


def reason_word(reason: str) -> str:
    """Why a copy was made."""
    return {
        "daily": tr("daily"),
        "manual": tr("by hand"),
        "delete-run": tr("before a run was deleted"),
        "import": tr("before an import"),
        "merge": tr("before a merge of labels"),
        "migration": tr("before an update of the project"),
        "restore": tr("before a restore"),
    }.get(reason, reason)
