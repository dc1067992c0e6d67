"""What lies beside the database: thumbnails, snapshots, backups, settings."""

from __future__ import annotations

import errno
import gzip
import itertools
import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.storage import backups, labels, paths, runs, settings, snapshots, thumbnails
from tlstudio.storage.connection import plain_errors, wrap
from tlstudio.storage.files import write_atomic
from tlstudio.storage.project import Project

Make = Callable[..., Project]


# -- thumbnails ------------------------------------------------------------------------------


def test_thumbnails_are_kept(project_of: Make) -> None:
    project = project_of()
    thumbnails.put(project, "a", b"1")
    thumbnails.put_many(project, {"a": b"one", "b": b"two"})
    assert thumbnails.get_many(project, ["a", "b", "c"]) == {"a": b"one", "b": b"two"}
    assert project.thumbnails.known() == {"a", "b"}
    project.close()
    with Project.open(project.folder) as again:
        assert thumbnails.get_many(again, ["b"]) == {"b": b"two"}


def test_thumbnails_may_be_deleted_at_any_time(project_of: Make) -> None:
    project = project_of()
    thumbnails.put(project, "a", b"1")
    for file in paths.cache(project.folder).iterdir():
        file.unlink()
    assert thumbnails.get_many(project, ["a"]) == {}
    thumbnails.put(project, "a", b"2")
    assert thumbnails.get_many(project, ["a"]) == {"a": b"2"}


def test_damaged_thumbnails_are_made_anew(project_of: Make) -> None:
    project = project_of()
    paths.thumbnails(project.folder).write_bytes(b"this is no database at all" * 99)
    assert thumbnails.get_many(project, ["a"]) == {}
    thumbnails.put(project, "a", b"2")
    assert thumbnails.get_many(project, ["a"]) == {"a": b"2"}


def test_thumbnails_are_shared_between_threads(project_of: Make) -> None:
    project = project_of()

    def work(number: int) -> None:
        for index in range(20):
            thumbnails.put(project, f"{number} {index}", b"x")
            thumbnails.get_many(project, [f"{number} {index}"])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(project.thumbnails.known()) == 80


# -- snapshots -------------------------------------------------------------------------------

HEADER = {"version": 1, "task": "classification", "labels": [{"id": 1, "name": "é\u2028"}]}
ROWS = [{"image": 1, "path": "images/a.png"}, {"path": "images/b.png", "image": 2}]


def test_a_snapshot_is_named_by_its_content(project_of: Make) -> None:
    project = project_of()
    first = snapshots.write_snapshot(project, HEADER, ROWS)
    file = snapshots.snapshot_path(project, first)
    packed = file.read_bytes()
    turned = [dict(reversed(row.items())) for row in ROWS]
    assert snapshots.write_snapshot(project, HEADER, turned) == first
    file.unlink()
    assert snapshots.write_snapshot(project, HEADER, ROWS) == first
    assert file.read_bytes() == packed
    assert packed[4:8] == bytes(4)  # no time of writing within
    assert snapshots.write_snapshot(project, HEADER, ROWS[:1]) != first
    assert snapshots.read_snapshot(project, first) == (HEADER, ROWS)
    lines = gzip.decompress(packed).decode().split("\n")
    assert json.loads(lines[0]) == HEADER
    assert len(lines) == 4


def test_a_changed_snapshot_is_refused(project_of: Make) -> None:
    project = project_of()
    name = snapshots.write_snapshot(project, HEADER, ROWS)
    file = snapshots.snapshot_path(project, name)
    for content in (gzip.compress(b"{}\n"), file.read_bytes()[:-9], b"x"):
        file.write_bytes(content)
        with pytest.raises(UserError) as caught:
            snapshots.read_snapshot(project, name)
        assert caught.value.code == "project.snapshot_damaged"
    file.unlink()
    with pytest.raises(UserError) as caught:
        snapshots.read_snapshot(project, name)
    assert caught.value.code == "project.snapshot_missing"


# -- backups ---------------------------------------------------------------------------------


def names(project: Project) -> list[str]:
    with project.read() as db:
        return [label.name for label in labels.all_labels(db)]


def test_a_backup_brings_back_a_damaged_project(project_of: Make) -> None:
    project = project_of(2, ["a"])
    backup = backups.back_up(project, "manual")
    project.transact("undo.x", lambda db: labels.add(db, ["b"]))
    with pytest.raises(UserError) as caught:
        backups.restore(project.folder, backup.path)
    assert caught.value.code == "project.in_use"
    project.close()
    database = paths.database(project.folder)
    database.write_bytes(b"ruined")
    paths.run(project.folder, "r0007").mkdir()
    backups.restore(project.folder, backup.path)
    with Project.open(project.folder) as again:
        assert names(again) == ["a"]
        made: list[str] = []
        again.transact(
            "undo.x", lambda db: made.append(runs.add_run(db, task="style", model="m").id)
        )
        assert made == ["r0008"]
    kept = [file for file in backup.path.parent.iterdir() if file.name.startswith("replaced-")]
    assert [file.read_bytes() for file in kept] == [b"ruined"]


def test_a_broken_backup_is_not_put_in_place(project_of: Make, tmp_path: Path) -> None:
    project = project_of(1, ["a"])
    project.close()
    (tmp_path / "bad.db").write_bytes(b"no" * 999)
    with pytest.raises(UserError) as caught:
        backups.restore(project.folder, tmp_path / "bad.db")
    assert caught.value.code == "project.backup_damaged"
    with Project.open(project.folder) as again:
        assert names(again) == ["a"]


def test_five_copies_and_one_a_day_for_a_week_are_kept(
    project_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(1)
    place = paths.backups(project.folder)
    place.mkdir(exist_ok=True)
    today, looks = datetime(2026, 3, 10, 12, tzinfo=UTC), itertools.count()

    class Clock(datetime):
        """It begins at noon, and goes on by a second with each look: no midnight comes between."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return today + timedelta(seconds=next(looks))

    monkeypatch.setattr(backups, "datetime", Clock)
    for day in range(1, 12):
        for hour in (1, 5):
            moment = (today - timedelta(days=day)).replace(hour=hour)
            (place / f"{moment:%Y%m%dT%H%M%S}000-import.db").write_bytes(b"")
    made = [backups.back_up(project, "manual") for _ in range(7)]
    found = backups.all_backups(project.folder)
    assert [item.path for item in found[:5]] == [item.path for item in made[:-6:-1]]
    days = [item.made_at[:10] for item in found]
    assert len(set(days)) == 7
    assert len(found) == 5 + 6
    assert all(item.made_at[11:13] == "05" for item in found[5:])


def test_one_restore_after_another_leaves_the_copies_there_are(project_of: Make) -> None:
    project = project_of(1)
    made = []
    for name in "abcde":
        project.transact("undo.x", lambda db, name=name: labels.add(db, [name]))
        made.append(backups.back_up(project, "manual").path)
    project.close()
    for number in (1, 2, 3, 1, 2, 3):
        backups.restore(project.folder, made[number])
    with Project.open(project.folder) as again:
        assert names(again) == list("abcd")
        newest = backups.back_up(again, "manual").path
    left = backups.all_backups(project.folder)
    assert [item.path for item in left if item.reason == "manual"] == [newest, *made[:0:-1]]
    assert [item.reason for item in left].count("restore") == 5


@pytest.mark.parametrize("what", ["copyfile", "_leave_run_ids", "copy"])
def test_a_restore_without_room_changes_nothing_and_leaves_nothing(
    project_of: Make, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    project = project_of(1, ["a"])
    made = backups.back_up(project, "manual")
    project.transact("undo.x", lambda db: labels.add(db, ["b"]))
    project.close()

    def full(*_: object) -> None:
        if what == "copyfile":
            raise OSError(errno.ENOSPC, "No space left on device")
        told = plain_errors(made.path) if what == "copy" else nullcontext()
        with told, wrap(sqlite3.connect(":memory:")) as small:
            small.execute("PRAGMA max_page_count = 1")
            small.execute("CREATE TABLE much (x)")

    monkeypatch.setattr(backups.shutil if what == "copyfile" else backups, what, full)
    with pytest.raises(UserError) as caught:
        backups.restore(project.folder, made.path)
    assert caught.value.code == "project.restore_full"
    assert not list(project.folder.glob("*.incoming*"))
    with Project.open(project.folder) as again:
        assert names(again) == ["a", "b"]


def test_opening_makes_a_copy_a_day(project_of: Make) -> None:
    project = project_of(1, ["a"])
    project.close()
    for _ in range(3):
        Project.open(project.folder).close()
    found = backups.all_backups(project.folder)
    assert [item.reason for item in found] == ["daily"]
    old = datetime.now(UTC) - timedelta(days=1, minutes=1)
    found[0].path.rename(found[0].path.with_name(f"{old:%Y%m%dT%H%M%S}000-daily.db"))
    Project.open(project.folder).close()
    assert len(backups.all_backups(project.folder)) == 2
    assert not list(paths.backups(project.folder).glob("*.partial"))


# -- settings --------------------------------------------------------------------------------


def test_settings_are_kept_and_a_damaged_file_is_set_aside() -> None:
    settings.change(lambda data: data.update(theme="dark"))
    settings.change(lambda data: data.update(name="é"))
    assert settings.load() == {"theme": "dark", "name": "é"}
    settings.settings_file().write_text("{half", encoding="utf-8")
    assert settings.load() == {}
    assert settings.settings_file().with_name("settings.damaged.json").read_text() == "{half"
    settings.change(lambda data: data.update(theme="light"))
    assert settings.load() == {"theme": "light"}


def test_settings_that_cannot_be_read_now_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.change(lambda data: data.update(theme="dark"))

    def busy(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", busy)
        assert settings.load() == {}
        with pytest.raises(UserError) as caught:
            settings.change(lambda data: data.update(name="é"))
    assert caught.value.code == "project.settings"
    assert settings.load() == {"theme": "dark"}
    assert not settings.settings_file().with_name("settings.damaged.json").exists()


def test_a_home_that_cannot_be_made_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path / "file", tmp_path / "file" / "home", Path("~nobody-at-all/x")):
        monkeypatch.setenv("TLSTUDIO_HOME", str(place))
        with pytest.raises(UserError, match="TLSTUDIO_HOME") as caught:
            settings.load()
        assert caught.value.code == "project.home"


def test_two_who_change_settings_at_once_lose_nothing() -> None:
    def work(number: int) -> None:
        for index in range(5):
            settings.change(lambda data, i=index: data.update({f"{number} {i}": 1}))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(settings.load()) == 20


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x.json"
    write_atomic(target, b"old")

    def fail(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("tlstudio.storage.files.os.fsync", fail)
    with pytest.raises(OSError, match="no room"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["x.json"]
