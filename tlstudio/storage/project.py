"""Project: one open project folder; every read and every change goes through it."""

from __future__ import annotations

import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlite_utils import Database

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.tasks import Task
from tlstudio.storage import backups, checks, drives, journal, paths, schema
from tlstudio.storage.connection import Db, connect, plain_errors, transaction
from tlstudio.storage.lock import FOLDER, WriteLock, login_name, why_read_only
from tlstudio.storage.readers import Readers
from tlstudio.storage.thumbnails import Thumbnails


class Project:
    """An open project. Safe from any thread; reads never wait for the one writer.

    `read_only_reason` is a message code, filled with `read_only_params`. `author` is written
    beside every change.
    """

    def __init__(
        self, folder: Path, database: Path, *, exclusive: bool, immutable: bool, lock: WriteLock
    ) -> None:
        """For create and open only."""
        self.folder = folder
        self.author = login_name()
        self.read_only = False
        self.read_only_reason = ""
        self.read_only_params: dict[str, object] = {}
        self.name = ""
        self.task = Task.CLASSIFICATION.value
        self.exclusive = exclusive
        self._database = database
        self._immutable = immutable
        self._lock = lock
        self._writer: Database | None = None
        self._write_lock = threading.Lock()
        self._writing: int | None = None
        self._readers = Readers(self._new_reader)
        self._closed = False
        self._after = ExitStack()
        self.thumbnails = Thumbnails(
            paths.thumbnails(folder), network=exclusive, immutable=immutable
        )
        self._daily: threading.Thread | None = None

    # -- making and opening -------------------------------------------------------------

    @classmethod
    def create(cls, folder: Path, *, name: str, task: str, author: str | None = None) -> Project:
        """A new project in `folder`, which must be absent or empty.

        Raises UserError: project.exists, project.not_empty, project.not_writable.
        """
        folder = Path(folder).expanduser().absolute()
        Task(task)
        if paths.database(folder).exists():
            raise UserError("project.exists", file=str(folder))
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError("project.not_empty", file=str(folder))
        new = not folder.exists()
        try:
            for place in (folder, paths.images(folder), paths.cache(folder), paths.runs(folder)):
                place.mkdir(parents=True, exist_ok=True)
            (folder / "project.db").touch()
        except OSError as error:
            raise UserError(
                "project.not_writable", file=str(folder), detail=error.strerror
            ) from error
        project = None
        try:
            project = cls._opened(folder, read_only=False, fresh=True)
            project.author = author or project.author
            project._found(name, task)
        except BaseException:
            if project is not None:
                project.close()
            checks.unmake(folder, whole=new)
            raise
        return project

    def _found(self, name: str, task: str) -> None:
        """Write down what the new project is."""

        def describe(db: Db) -> None:
            facts = {
                "id": uuid.uuid4().hex,
                "name": name,
                "task": task,
                "created_at": db.now,
                "created_by": db.author,
            }
            db.insert_all("project", ({"key": k, "value": v} for k, v in facts.items()))

        self.transact("undo.create_project", describe, undoable=False)
        self.name, self.task = name, task

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False) -> Project:
        """The project in `folder`; read-only where another holds its lock, and it says why.

        Raises UserError: project.missing, project.not_ours, project.newer, project.damaged,
        project.needs_upgrade, project.busy.
        """
        folder = Path(folder).expanduser().absolute()
        if folder.is_file() and folder.name == "project.db":
            folder = folder.parent
        if not paths.database(folder).is_file():
            raise UserError("project.missing", file=str(folder))
        return cls._opened(folder, read_only=read_only)

    @classmethod
    def _opened(cls, folder: Path, *, read_only: bool, fresh: bool = False) -> Project:
        """Take the lock if there is one to be had, connect, check, migrate."""
        lock = WriteLock(folder)
        reason, params = why_read_only(folder, lock, asked=read_only)
        if fresh and reason:
            raise UserError(
                "project.not_writable", file=str(folder), detail=paths.lock(folder).name
            )
        project = cls(
            folder,
            paths.database(folder),
            exclusive=drives.on_network(folder),
            immutable=reason == FOLDER,
            lock=lock,
        )
        project.read_only = bool(reason)
        project.read_only_reason, project.read_only_params = reason, params
        try:
            with plain_errors(project._database):
                project._connect(fresh=fresh)
                project._describe()
        except BaseException as error:
            project.close()
            if isinstance(error, UserError) and error.code == "project.busy" and params:
                raise UserError("project.in_use", file=str(folder), **params) from error
            raise
        if not project.read_only and not fresh:
            project._daily = backups.daily(project)
        return project

    def _connect(self, *, fresh: bool) -> None:
        if not fresh:
            checks.check_header(self._database)
        if self._immutable:
            self._copy_if_needed()
        suspicious = checks.left_open(self._database)
        if self.read_only:
            with self._readers.lend() as reader:
                version = schema.version_of(reader, self._database)
            if version < schema.VERSION:
                raise UserError("project.needs_upgrade", file=str(self.folder))
            return
        writer = self._writer = connect(self._database)
        if not self.exclusive:
            writer.enable_wal()
            self.exclusive = writer.journal_mode != "wal"  # a drive without shared memory
        if self.exclusive:
            writer.execute("PRAGMA locking_mode=EXCLUSIVE")
            writer.disable_wal()
        version = schema.version_of(writer, self._database)
        if version == 0 and not fresh:
            raise UserError("project.damaged", file=str(self._database), detail="empty")
        if suspicious or self._database.stat().st_size <= checks.SMALL:
            checks.check_content(writer, self._database)
        schema.upgrade(
            writer, version, before=lambda: backups.copy(writer, self.folder, "migration")
        )

    def _copy_if_needed(self) -> None:
        """Where the folder cannot be written, edits left in a journal are read from a copy."""
        if checks.leftovers(self._database):
            place = self._after.enter_context(tempfile.TemporaryDirectory(prefix="tlstudio-"))
            self._database = checks.copy_whole(self._database, Path(place))
            self._immutable = False

    def _new_reader(self) -> Database:
        patience = {"patience": 0.5} if self.exclusive else {}
        return connect(self._database, query_only=True, immutable=self._immutable, **patience)

    def _describe(self) -> None:
        with self.read() as db:
            facts = {row["key"]: row["value"] for row in db.rows("project", order_by="key")}
        self.name = facts.get("name", self.folder.stem)
        self.task = facts.get("task", Task.CLASSIFICATION.value)

    # -- reading ------------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[Db]:
        """A consistent view for one block, on a read-only connection of its own.

        On a network drive there is one connection, and the block waits for the writer.
        """
        if self.exclusive and self._writer is not None:
            if self._writing == threading.get_ident():
                yield Db(self._writer)
                return
            with self._held() as writer, plain_errors(self._database):
                yield Db(writer)
            return
        with plain_errors(self._database), self._readers.lend() as reader:
            yield Db(reader)

    # -- writing ------------------------------------------------------------------------

    def transact(
        self,
        undo_code: str,
        fn: Callable[[Db], object],
        *,
        author: str | None = None,
        undoable: bool = True,
        joining: int | None = None,
    ) -> Changes:
        """Run `fn` in one transaction; what it changed is on the disk when this returns.

        Anything it raises leaves the database as it was. `undo_code` names the step in the
        undo menu. With `undoable=False` (imports; run records) nothing is journalled; if
        images, labels or annotations were touched all the same, undo stops there. `fn` may
        return Changes, which are added to those that the journal saw. `joining` makes the edit a
        part of the step before, if that touched this image, so that undo takes back both.

        Raises UserError: project.read_only, project.disk_full, project.damaged…
        """
        with self._held() as writer, plain_errors(self._database):
            db = Db(writer, self.author if author is None else author)
            with transaction(writer):
                step = journal.begin(db, undo_code, undoable=undoable, joining=joining)
                answer = fn(db)
                seen = journal.finish(db, step, undoable=undoable)
            told = answer if isinstance(answer, Changes) else None
            if not undoable and told is not None:
                return told
            return (seen or Changes(undo_code=undo_code)) | (told or Changes())

    def undo(self) -> Changes | None:
        """Take the last edit back, as one transaction; None where there is nothing to undo."""
        return self._step(journal.undo)

    def redo(self) -> Changes | None:
        """Bring the last undone edit back; None where there is nothing to redo."""
        return self._step(journal.redo)

    def _step(self, move: Callable[[Db], Changes | None]) -> Changes | None:
        with self._held() as writer, plain_errors(self._database):
            writer.execute("PRAGMA foreign_keys=OFF")
            try:
                with transaction(writer):
                    return move(Db(writer, self.author))
            finally:
                writer.execute("PRAGMA foreign_keys=ON")

    @contextmanager
    def _held(self) -> Iterator[Database]:
        """The writer, for this thread alone."""
        if self._closed:
            raise RuntimeError("the project is closed")
        if self._writer is None:
            raise self._refusal()
        if self._writing == threading.get_ident():
            raise RuntimeError("a transaction cannot be started inside another")
        with self._write_lock:
            if self._writer is None:
                raise RuntimeError("the project is closed")
            self._writing = threading.get_ident()
            try:
                yield self._writer
            finally:
                self._writing = None

    def _refusal(self) -> UserError:
        """Why nothing can be written, and what to do about it."""
        code = {
            "project.reason.locked": "project.locked",
            "project.reason.folder": "project.folder_read_only",
        }.get(self.read_only_reason, "project.read_only")
        return UserError(code, file=str(self.folder), **self.read_only_params)

    def rename(self, name: str) -> None:
        """Give the project another name; the folder keeps its own."""
        self._set("name", name)
        self.name = name

    def set_task(self, task: Task) -> None:
        """The task that new runs have unless told otherwise."""
        self._set("task", task.value)
        self.task = task.value

    def _set(self, key: str, value: str) -> None:
        def change(db: Db) -> None:
            db.execute("UPDATE project SET value = ? WHERE key = ?", (value, key))

        self.transact("undo.rename_project", change, undoable=False)

    # -- closing ------------------------------------------------------------------------

    def close(self) -> None:
        """Close the files and free the lock; closing twice does nothing."""
        if self._closed:
            return
        if self._writing == threading.get_ident():
            raise RuntimeError("a project cannot be closed inside its own transaction")
        if self._daily is not None:
            self._daily.join()
        with self._write_lock:
            self._closed = True
            self._readers.close()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self.thumbnails.close()
        self._after.close()
        self._lock.release()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Project({str(self.folder)!r})"
