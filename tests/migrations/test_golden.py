"""Databases of every released version open with this program and hold what they held."""

from __future__ import annotations

import importlib.util
import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from tlstudio.domain.annotations import Box, Mask, Polygon
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageState, Split
from tlstudio.domain.runs import Best, RunState
from tlstudio.domain.spacing import Spacing
from tlstudio.services import filters, labelling, projects, reviewing, workbench
from tlstudio.services import images as looking
from tlstudio.storage import annotations, backups, images, paths, runs, schema, stylings, tiles
from tlstudio.storage.project import Project

HERE = Path(__file__).resolve().parent
VERSIONS = range(1, schema.VERSION + 1)


@pytest.fixture(scope="module")
def golden() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_golden", HERE / "make_golden.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def placed(golden: ModuleType, version: int, folder: Path) -> Path:
    folder.mkdir()
    script = (HERE / f"v{version}.sql").read_text(encoding="utf-8")
    golden.load(script, paths.database(folder))
    return folder


@pytest.mark.parametrize("version", VERSIONS)
def test_a_golden_database_holds_what_it_held(
    golden: ModuleType, tmp_path: Path, version: int
) -> None:
    with Project.open(placed(golden, version, tmp_path / "g.tlproj")) as project:
        assert project.name == "Golden"
        names = [label.name for label in labelling.list_labels(project)]
        assert names == ["round", "bars", "odd"]
        shown = looking.image_rows(project, [1, 4, 5, 6])
        assert [(row.labels, row.state) for row in shown] == [
            ((1,), ImageState.LABELLED),
            ((2,), ImageState.LABELLED),
            ((), ImageState.LABELLED),
            ((), ImageState.UNLABELLED),
        ]
        assert (shown[0].split, shown[0].group, shown[0].tags) == (
            Split.TEST,
            "patient 1",
            ("blurred",),
        )
        assert shown[0].path == "images/Größe 1.jpg"
        assert shown[3].missing
        with project.read() as db:
            box, polygon, mask = annotations.of_images(db, [3])[3]
            assert isinstance(box, Box)
            assert isinstance(polygon, Polygon)
            assert isinstance(mask, Mask)
            assert (box.x, box.h, box.crowd, box.provenance.author) == (1 / 3, 4.125, True, "ada")
            assert polygon.parts[0][1][2] == (2.5, 2.0)
            assert (polygon.group, mask.attributes) == ("track 1", {"a": 1})
            assert tiles.tiles(db, mask.id) == {(0, 0): b"\x00\x01\xff", (1, 0): b"x"}
            run = runs.get_run(db, "best")
        assert (run.id, run.state, run.best) == ("r0001", RunState.DONE, Best(2, "accuracy", 0.875))
        assert [item.file for item in looking.skipped_files(project)] == ["bad.jpg"]


@pytest.mark.parametrize("version", VERSIONS)
def test_reviewing_is_empty_or_as_it_was(golden: ModuleType, tmp_path: Path, version: int) -> None:
    with Project.open(placed(golden, version, tmp_path / "g.tlproj")) as project:
        second, third = workbench.open_image(project, 2), workbench.open_image(project, 3)
        said = [(item.author, item.text) for item in second.comments]
        saved = [(item.name, item.query.tags) for item in filters.list_filters(project)]
        if version < 2:
            assert (said, saved, second.assignee, third.spacing) == ([], [], None, None)
        else:
            assert said == [("ada", "Größer als sonst?")]
            assert saved == [("blurred", {"blurred"})]
            assert second.assignee == "grace"
            assert third.spacing == Spacing(0.25, 0.25, "µm")
        reviewing.assign(project, [1, 2, 3], "hedy")
        assert projects.undo(project) is not None
        assert workbench.open_image(project, 2) == second


@pytest.mark.parametrize("version", [v for v in VERSIONS if v >= 3])
def test_frames_and_series_are_as_they_were(
    golden: ModuleType, tmp_path: Path, version: int
) -> None:
    with Project.open(placed(golden, version, tmp_path / "g.tlproj")) as project:
        shown = looking.image_rows(project, [7, 8, 9])
        assert [(row.name, row.frame, row.path) for row in shown] == [
            ("scan.dcm [1]", 0, "images/scan.dcm"),
            ("scan.dcm [2]", 1, "images/scan.dcm"),
            ("scan.dcm [4]", 3, "images/scan.dcm"),
        ]
        with project.read() as db:
            source = images.sources_by_path(db, ["images/scan.dcm"])["images/scan.dcm"]
            assert images.frames_of_sources(db) == {source.id: {0: 7, 1: 8, 3: 9}}
        assert (source.image, source.origin, source.series) == (7, "0f" * 32, "5e" * 16)


@pytest.mark.parametrize("version", VERSIONS)
def test_images_made_here_and_stylings_are_as_they_were(
    golden: ModuleType, tmp_path: Path, version: int
) -> None:
    with Project.open(placed(golden, version, tmp_path / "g.tlproj")) as project:
        with project.read() as db:
            history = stylings.newest_first(db)
            made = images.query_ids(db, ImageQuery(synthetic=True))
            others = images.query_ids(db, ImageQuery(synthetic=False))
        if version < 4:
            assert (history, made) == ([], [])
            assert others[:6] == [1, 2, 3, 4, 5, 6]
            return
        (entry,) = history
        assert (entry.kind, entry.content_image, entry.saved_image) == ("optimised", 2, 10)
        assert (entry.result, entry.settings) == ("styles/0001.png", {"steps": 40})
        assert entry.sources[0]["path"] == "/styles/Größe.png"
        assert (entry.seconds, entry.losses["total"]) == (2.25, 1 / 3)
        assert (made, 10 in others) == ([10], False)
        with project.read() as db:
            (last,) = [row for row in images.hashes(db) if row.image == 10]
        assert (last.synthetic, last.content_hash) == (True, f"{2:064x}")
        assert looking.image_rows(project, [10])[0].synthetic


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("split", ["val", "test"])
def test_the_table_keeps_what_was_made_here_out_of_figures(
    golden: ModuleType, tmp_path: Path, version: int, split: str
) -> None:
    """In every version's database; nor may an image of these splits become one made here."""
    with Project.open(placed(golden, version, tmp_path / "g.tlproj")) as project:

        def order(sql: str) -> None:
            project.transact("undo.set_split", lambda db: db.execute(sql))

        order("UPDATE images SET synthetic = 1, split = 'train' WHERE id = 2")
        order("UPDATE images SET split = NULL WHERE id = 2")
        with pytest.raises(sqlite3.IntegrityError):
            order(f"UPDATE images SET split = '{split}' WHERE id = 2")
        order(f"UPDATE images SET split = '{split}' WHERE id = 1")
        with pytest.raises(sqlite3.IntegrityError):
            order("UPDATE images SET synthetic = 1 WHERE id = 1")
        while projects.undo(project):
            pass
        while projects.redo(project):
            pass
        with project.read() as db:
            told = db.execute("SELECT synthetic, split FROM images WHERE id < 3").fetchall()
        assert told == [(0, split), (1, None)]


@pytest.mark.parametrize("version", [schema.VERSION])
def test_undo_history_is_still_there_at_the_same_version(
    golden: ModuleType, tmp_path: Path, version: int
) -> None:
    with Project.open(placed(golden, version, tmp_path / "g.tlproj")) as project:
        assert projects.redo_code(project) == "undo.delete_labels"
        while projects.undo(project):
            pass
        assert projects.project_info(project)["annotations"] == 0
        while projects.redo(project):
            pass
        assert [label.name for label in labelling.list_labels(project)] == ["round", "bars"]
        assert projects.project_info(project)["annotations"] == 6


def form(database: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(database)) as connection:
        return {
            (name, " ".join(sql.split()).replace('"', ""))
            for name, sql in connection.execute(
                "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
                " AND name NOT LIKE 'sqlite_%'"
            )
        }


def test_a_new_database_has_the_form_of_the_golden_one(golden: ModuleType, tmp_path: Path) -> None:
    """Fails when a released migration is edited instead of followed by another."""
    old = placed(golden, schema.VERSION, tmp_path / "old.tlproj")
    with Project.create(tmp_path / "new.tlproj", name="n", task="classification") as new:
        pass
    assert form(paths.database(new.folder)) == form(paths.database(old))


def test_a_migration_is_backed_up_first_and_the_journal_follows(
    golden: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = placed(golden, 1, tmp_path / "g.tlproj")
    further = "ALTER TABLE images ADD COLUMN depth REAL;\nUPDATE images SET depth = 0.1;\n"
    made = (*schema.MIGRATIONS, further)
    monkeypatch.setattr(schema, "MIGRATIONS", made)
    monkeypatch.setattr(schema, "VERSION", len(made))
    with pytest.raises(UserError) as caught:
        Project.open(folder, read_only=True)
    assert caught.value.code == "project.needs_upgrade"
    with Project.open(folder) as project:
        (backup, *_) = [item for item in backups.all_backups(folder) if item.reason == "migration"]
        with closing(sqlite3.connect(backup.path)) as copy:
            assert copy.execute("PRAGMA user_version").fetchone()[0] == 1
        project.transact("undo.x", lambda db: db.execute("UPDATE images SET depth = 0.7"))
        assert projects.undo(project) is not None
        with project.read() as db:
            assert set(db.column("SELECT depth FROM images")) == {0.1}
            assert db.value("PRAGMA user_version") == len(made)
            assert len(images.sources(db)) == 6


def test_a_migration_that_fails_changes_nothing(
    golden: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = placed(golden, 1, tmp_path / "g.tlproj")
    broken = "DELETE FROM images;\nUPDATE nowhere SET x = 1;\n"
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, broken))
        patch.setattr(schema, "VERSION", schema.VERSION + 1)
        with pytest.raises(sqlite3.OperationalError):
            Project.open(folder)
    with closing(sqlite3.connect(paths.database(folder))) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == 1
    with Project.open(folder) as project, project.read() as db:
        assert len(images.sources(db)) == 6
