"""Holding a site out of a project, by tag, by group and by folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.services import labelling
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.sites import held_out, site_choices, site_images
from tlstudio.services.splitting import find_leaks, hold_out_site, split_project
from tlstudio.storage import images
from tlstudio.storage.project import Project

Draw = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path, class_folder: Draw) -> Iterator[Project]:
    """Two folders of one source: 30 images of Bonn and 12 of Ulm, which carry a tag too; the
    group is the hospital and the tens of the file's number."""
    class_folder({"round": 15, "bars": 15}, name="all/Bonn", size=16)
    class_folder({"round": 6, "bars": 6}, name="all/Ulm", size=16, seed=5)
    with Project.create(tmp_path / "p.tlproj", name="p", task="classification") as made:
        options = ImportOptions(format="class-folders:2", group_from=r"regex:^(\w+/\w+/\w+_\d\d)")
        import_source(made, tmp_path / "all", options)
        labelling.set_tags(made, list(site_images(made, "folder:Ulm")), add=["site B"])
        yield made


def _splits(project: Project) -> dict[int, Split | None]:
    with project.read() as db:
        return {row.image: row.split for row in images.hashes(db)}


@pytest.mark.parametrize("site", ["tag:site B", "folder:Ulm", "group:^Ulm/"])
def test_a_site_becomes_the_test(project: Project, site: str) -> None:
    report = hold_out_site(project, site, val=0.2)
    ulm = site_images(project, "folder:Ulm")
    assert len(ulm) == 12
    assert {n for n, split in _splits(project).items() if split is Split.TEST} == ulm
    assert report.to_json()["site"] == site
    assert Counter(_splits(project).values())[None] == 0
    assert not [leak for leak in find_leaks(project, near=False) if leak.blocks]
    project.undo()
    assert set(_splits(project).values()) == {None}


def test_what_was_test_before_goes_back_and_is_counted(project: Project) -> None:
    split_project(project, test=0.4)
    before = {n for n, split in _splits(project).items() if split is Split.TEST}
    report = hold_out_site(project, "folder:Ulm")
    ulm = site_images(project, "folder:Ulm")
    back = {n.code: n.params["count"] for n in report.warnings}["site.back"]
    assert back == len(before - ulm) > 0
    assert not {n for n in before - ulm if _splits(project)[n] is Split.TEST}


def test_a_group_across_sites_is_in_no_split(project: Project) -> None:
    ulm = min(site_images(project, "folder:Ulm"))
    bonn = sorted(site_images(project, "folder:Bonn"))[:2]
    labelling.set_group(project, [ulm, *bonn], "one patient")
    report = hold_out_site(project, "folder:Ulm")
    assert {n.code: n.params["count"] for n in report.warnings}["site.beside"] == 2
    assert [_splits(project)[n] for n in bonn] == [None, None]
    assert not [leak for leak in report.leaks if leak.blocks]


@pytest.mark.parametrize(
    ("site", "code"),
    [("tag:nowhere", "site.unknown"), ("somewhere", "site.text"), ("folder:all", "site.unknown"),
     ("group:(a+)+", "data.group_regex_slow"), ("group:.", "site.all")],
)  # fmt: skip
def test_unlawful_wishes(project: Project, site: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        hold_out_site(project, site)
    assert caught.value.code == code
    assert set(_splits(project).values()) == {None}


def test_a_refusal_names_what_there_is(project: Project) -> None:
    with pytest.raises(UserError) as caught:
        hold_out_site(project, "tag:site A")
    assert "site B" in str(caught.value)


def test_sites_to_choose_from(project: Project) -> None:
    found = {each.site: each.images for each in site_choices(project)}
    assert found == {
        "tag:site B": 12, "folder:Bonn": 30, "folder:Ulm": 12, "folder:bars": 21,
        "folder:round": 21,
    }  # fmt: skip


def test_a_site_without_labels_is_refused(project: Project, class_folder: Draw) -> None:
    source = class_folder({"x": 3}, name="more/Jena", size=16, seed=9)
    import_source(project, source.parent, ImportOptions(format="images"))
    with pytest.raises(UserError) as caught:
        hold_out_site(project, "folder:Jena")
    assert caught.value.code == "site.unlabelled"


def test_the_site_that_is_held_out_is_known(project: Project) -> None:
    split_project(project)
    assert held_out(project) is None
    hold_out_site(project, "folder:Ulm")
    assert held_out(project) == "tag:site B"
    first = min(site_images(project, "folder:Bonn"))
    labelling.set_split(project, [first], Split.TEST)
    assert held_out(project) is None


def test_of_very_many_folders_the_largest_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    monkeypatch.setattr("tlstudio.services.sites._FOLDERS", 2)
    assert [each.site for each in site_choices(project)] == [
        "tag:site B", "folder:Bonn", "folder:bars",
    ]  # fmt: skip
    assert len(site_images(project, "folder:Ulm")) == 12  # the others can still be named
