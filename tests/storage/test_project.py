"""The project folder: made, opened, refused in plain words, one writer, nothing half written."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery
from tlstudio.storage import backups, drives, images, labels, paths, schema
from tlstudio.storage.connection import Db
from tlstudio.storage.project import Project

Make = Callable[..., Project]


def test_a_new_project_is_found_again(tmp_path: Path) -> None:
    with Project.create(tmp_path / "a.tlproj", name="Émile's cells", task="detection") as made:
        assert (made.folder / "project.db").is_file()
    with Project.open(tmp_path / "a.tlproj") as project:
        assert (project.name, project.task) == ("Émile's cells", "detection")
        assert not project.read_only
    with Project.open(tmp_path / "a.tlproj" / "project.db") as project:
        assert project.folder == tmp_path / "a.tlproj"


def test_the_database_is_safe_against_power_cuts(project_of: Make) -> None:
    project = project_of()
    writer = project._writer
    assert writer is not None
    assert writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert writer.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert writer.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert writer.execute("PRAGMA application_id").fetchone()[0] == schema.APPLICATION_ID
    assert writer.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION


def test_an_occupied_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "notes.txt").write_text("mine")
    with pytest.raises(UserError) as caught:
        Project.create(tmp_path / "x", name="x", task="classification")
    assert caught.value.code == "project.not_empty"
    Project.create(tmp_path / "y", name="y", task="classification").close()
    with pytest.raises(UserError) as caught:
        Project.create(tmp_path / "y", name="y", task="classification")
    assert caught.value.code == "project.exists"
    assert [item.name for item in (tmp_path / "x").iterdir()] == ["notes.txt"]


def test_a_creation_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("no")

    monkeypatch.setattr(schema, "upgrade", fail)
    with pytest.raises(sqlite3.OperationalError):
        Project.create(tmp_path / "new", name="x", task="classification")
    assert not (tmp_path / "new").exists()


def refusal(folder: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        Project.open(folder).close()
    return caught.value


def test_what_is_not_a_project_is_refused(tmp_path: Path, project_of: Make) -> None:
    assert refusal(tmp_path / "nowhere").code == "project.missing"
    folder = tmp_path / "other"
    folder.mkdir()
    foreign = sqlite3.connect(folder / "project.db")
    foreign.execute("CREATE TABLE t (x)")
    foreign.commit()
    foreign.close()
    assert refusal(folder).code == "project.not_ours"


def test_a_newer_database_is_refused_unchanged(project_of: Make) -> None:
    project = project_of(2)
    project.close()
    database = paths.database(project.folder)
    raw = sqlite3.connect(database)
    raw.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    raw.commit()
    raw.close()
    before = database.read_bytes()
    error = refusal(project.folder)
    assert error.code == "project.newer"
    assert "newer TL Studio" in str(error)
    assert database.read_bytes() == before


@pytest.mark.parametrize("damage", ["empty", "header", "pages", "index", "cut"])
def test_a_damaged_database_is_refused_with_the_way_out(project_of: Make, damage: str) -> None:
    project = project_of(300, ["a"])
    project.close()
    database = paths.database(project.folder)
    content = bytearray(database.read_bytes())
    if damage == "empty":
        content.clear()
    elif damage == "header":
        content[:100] = b"x" * 100
    elif damage == "index":
        with closing(sqlite3.connect(database)) as raw:
            sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'images_pixel_hash'"
            start = (raw.execute(sql).fetchone()[0] - 1) * 4096
        content[start + 8 : start + 200] = b"\x07" * 192
    elif damage == "pages":
        for page in range(8, len(content) // 4096):
            content[page * 4096 : page * 4096 + 200] = b"\x07" * 200
    else:
        del content[len(content) // 2 :]
    database.write_bytes(content)
    error = refusal(project.folder)
    assert error.code == "project.damaged"
    assert "backups" in str(error)


def test_a_second_opener_reads_and_is_told_who_writes(project_of: Make) -> None:
    project = project_of(3, ["a"])
    with Project.open(project.folder) as second:
        assert second.read_only
        assert second.read_only_reason == "project.reason.locked"
        assert str(os.getpid()) in str(second.read_only_params["who"])
        project.transact("undo.x", lambda db: labels.add(db, ["b"]))
        with second.read() as db:
            assert [label.name for label in labels.all_labels(db)] == ["a", "b"]
        with pytest.raises(UserError) as caught:
            second.transact("undo.x", lambda db: labels.add(db, ["c"]))
        assert caught.value.code == "project.locked"
        with pytest.raises(UserError):
            second.undo()
    project.close()
    with Project.open(project.folder) as third:
        assert not third.read_only


def test_another_process_reads_beside_the_writer(project_of: Make) -> None:
    project = project_of(3)
    program = (
        "import sys, json; from pathlib import Path\n"
        "from tlstudio.storage.project import Project\n"
        "with Project.open(Path(sys.argv[1])) as p, p.read() as db:\n"
        "    print(json.dumps([p.read_only, db.value('SELECT count(*) FROM images')]))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(project.folder)],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    assert json.loads(answer.stdout) == [True, 3]


def test_the_lock_of_a_dead_program_is_free(project_of: Make) -> None:
    project = project_of(1)
    project.close()
    program = (
        "import sys, os; from pathlib import Path\n"
        "from tlstudio.storage.project import Project\n"
        "p = Project.open(Path(sys.argv[1])); assert not p.read_only; os._exit(9)"
    )
    dead = subprocess.run([sys.executable, "-c", program, str(project.folder)], timeout=240)
    assert dead.returncode == 9
    with Project.open(project.folder) as again:
        assert not again.read_only


def test_a_folder_that_cannot_be_written_is_opened_for_reading(
    project_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(4, ["a"])
    project.close()
    before = sorted(item.name for item in project.folder.rglob("*"))
    monkeypatch.setattr(drives, "writable", lambda _: False)
    with Project.open(project.folder) as reader:
        assert reader.read_only_reason == "project.reason.folder"
        with reader.read() as db:
            assert len(images.query_ids(db, ImageQuery())) == 4
        assert reader.thumbnails.get_many(["x"]) == {}
        with pytest.raises(UserError) as caught:
            reader.transact("undo.x", lambda db: None)
        assert caught.value.code == "project.folder_read_only"
    assert sorted(item.name for item in project.folder.rglob("*")) == before


def _forbidden(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("own", ["lock", "project.db"])
def test_the_project_of_another_user_is_opened_for_reading(
    project_of: Make, monkeypatch: pytest.MonkeyPatch, own: str, read_only: bool
) -> None:
    """In a folder that both may write, where the other one's files are not for us to change."""
    project = project_of(4, ["a"])
    project.close()
    before = sorted(item.name for item in project.folder.rglob("*"))
    may = os.access

    def access(path: Path, mode: int) -> bool:
        return may(path, mode) and Path(path).name != own

    monkeypatch.setattr("os.access", access)
    if own == "lock":
        monkeypatch.setattr("tlstudio.storage.lock.FileLock.acquire", _forbidden)
    with Project.open(project.folder, read_only=read_only) as reader:
        assert reader.read_only_reason == "project.reason.folder"
        with reader.read() as db:
            assert len(images.query_ids(db, ImageQuery())) == 4
    assert sorted(item.name for item in project.folder.rglob("*")) == before


def test_a_lock_that_cannot_be_had_makes_the_project_readable(
    project_of: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = project_of(4, ["a"])
    backup = backups.back_up(project, "manual")
    project.close()
    monkeypatch.setattr("tlstudio.storage.lock.FileLock.acquire", _forbidden)
    with Project.open(project.folder) as reader:
        assert reader.read_only_reason == "project.reason.folder"
    with pytest.raises(UserError) as caught:
        backups.restore(project.folder, backup.path)
    assert caught.value.code == "project.folder_read_only"
    with pytest.raises(UserError) as caught:
        Project.create(tmp_path / "new.tlproj", name="n", task="classification")
    assert caught.value.code == "project.not_writable"
    assert not (tmp_path / "new.tlproj").exists()


def test_edits_left_in_the_journal_are_read_where_nothing_can_be_written(
    project_of: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program died; its last edits are still in the write-ahead log on a read-only disk."""
    project = project_of(2, ["a"])
    project.transact("undo.x", lambda db: labels.add(db, ["in the log only"]))
    shutil.copytree(project.folder, tmp_path / "copy")
    wal = tmp_path / "copy" / "project.db-wal"
    assert wal.stat().st_size > 0
    monkeypatch.setattr(drives, "writable", lambda _: False)
    with Project.open(tmp_path / "copy") as reader, reader.read() as db:
        assert [label.name for label in labels.all_labels(db)] == ["a", "in the log only"]
    assert wal.stat().st_size > 0


def test_a_project_on_a_network_drive_uses_no_wal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drives, "on_network", lambda _: True)
    with Project.create(tmp_path / "n", name="n", task="classification") as project:
        writer = project._writer
        assert writer is not None
        assert writer.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        assert writer.execute("PRAGMA locking_mode").fetchone()[0] == "exclusive"
        project.transact("undo.x", lambda db: labels.add(db, ["a"]))
        with project.read() as db, project.read() as again:
            assert labels.all_labels(db) == labels.all_labels(again) != []
        assert project.undo() is not None
        assert not (project.folder / "project.db-wal").exists()
        with pytest.raises(UserError) as caught:
            Project.open(project.folder)
        assert caught.value.code == "project.in_use"
        assert str(os.getpid()) in str(caught.value)


def test_a_full_disk_is_said_and_nothing_is_half_written(project_of: Make) -> None:
    project = project_of(1, ["a"])
    writer = project._writer
    assert writer is not None
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count={pages + 2}")

    def grow(db: Db) -> None:
        labels.add(db, [f"label {number}" for number in range(3000)])

    with pytest.raises(UserError) as caught:
        project.transact("undo.grow", grow)
    assert caught.value.code == "project.disk_full"
    writer.execute("PRAGMA max_page_count=1000000")
    project.transact("undo.fine", lambda db: labels.add(db, ["b"]))
    with project.read() as db:
        assert [label.name for label in labels.all_labels(db)] == ["a", "b"]


def test_a_transaction_inside_another_is_our_fault(project_of: Make) -> None:
    project = project_of(1)
    with pytest.raises(RuntimeError):
        project.transact("undo.x", lambda _: project.transact("undo.y", lambda _: None))
    project.transact("undo.x", lambda db: labels.add(db, ["fine"]))


def test_many_threads_write_and_read_at_once(project_of: Make) -> None:
    project = project_of(1)
    errors: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for number in range(15):
                name = f"{worker} {number}"
                project.transact("undo.x", lambda db, name=name: labels.add(db, [name]))
                with project.read() as db:
                    assert any(label.name == name for label in labels.all_labels(db))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with project.read() as db:
        assert len(labels.all_labels(db)) == 90
        assert sorted(label.position for label in labels.all_labels(db)) == list(range(90))


def test_a_block_of_reading_sees_one_moment(project_of: Make) -> None:
    project = project_of(1, ["a"])
    with project.read() as db:
        before = labels.all_labels(db)
        project.transact("undo.x", lambda db: labels.add(db, ["b"]))
        assert labels.all_labels(db) == before
    with project.read() as db:
        assert len(labels.all_labels(db)) == 2


def test_readers_cannot_write(project_of: Make) -> None:
    project = project_of(1)
    with pytest.raises(UserError), project.read() as db:
        db.execute("DELETE FROM images")


def test_who_and_when_are_written_beside_each_change(project_of: Make) -> None:
    project = project_of(1)
    project.transact("undo.x", lambda db: labels.add(db, ["a"]), author="ada")
    with project.read() as db:
        row = db.one("SELECT created_by, created_at FROM labels")
        step = db.one("SELECT author, made_at FROM steps WHERE barrier = 0")
    assert row is not None
    assert step is not None
    assert row["created_by"] == step["author"] == "ada"
    assert row["created_at"] == step["made_at"] > "2020"
