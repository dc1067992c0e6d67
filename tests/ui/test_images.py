"""The Images page: labelling by key and click, filters, import, labels, split, problems."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QListWidget

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageQuery, ImageState, Split
from tlstudio.domain.leaks import Leak, LeakKind
from tlstudio.services.images import find_images, image_rows
from tlstudio.services.labelling import delete_images
from tlstudio.services.splitting import split_project
from tlstudio.ui.pages.images.problem_rows import blocking

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(opened):
    made = opened.window.page("images")
    made.grid.setFocus()
    return made


def choose(page, *rows: int) -> None:
    """Click on images of the grid, the second and later ones with Ctrl."""
    for number, row in enumerate(rows):
        held = CONTROL if number else Qt.KeyboardModifier.NoModifier
        page.grid.scrollTo(page.model.index(row, 0))
        place = page.grid.visualRect(page.model.index(row, 0)).center()
        QTest.mouseClick(page.grid.viewport(), LEFT, held, place)


def labels_of(opened, rows) -> list[str]:
    ids = [opened.window.page("images").model.ids[row] for row in rows]
    names = {label.id: label.name for label in opened.context.labels.all()}
    found = image_rows(opened.context.project, ids)
    return [",".join(names[n] for n in row.labels) for row in found]


def test_a_key_labels_the_image_and_goes_on(opened, page) -> None:
    choose(page, 0)
    for key in (Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_2):
        opened.press(key, on=page.grid)
    opened.settle()
    assert labels_of(opened, range(3)) == ["round", "stripes", "round"]
    assert page.grid.currentIndex().row() == 3
    assert page.model.selected_ids() == [page.model.ids[3]]


@pytest.mark.parametrize("view", ["grid", "list"])
def test_shift_and_a_digit_adds_a_label(opened, page, view) -> None:
    page.tools.set_view(view)
    page.step(1)
    opened.press(Qt.Key.Key_2, SHIFT, on=page.in_front())
    opened.settle()
    place = page.model.ids.index(page.model.selected_ids()[0])
    assert sorted(labels_of(opened, [place])[0].split(",")) == ["bars", "round"]


def test_a_key_labels_all_that_is_selected_and_stays(opened, page) -> None:
    choose(page, 1, 3, 5)
    opened.press(Qt.Key.Key_3, on=page.grid)
    opened.settle()
    assert labels_of(opened, (1, 3, 5, 2)) == ["stripes"] * 3 + ["bars"]
    assert len(page.model.selected_ids()) == 3


def test_zero_and_delete_take_the_label_away(opened, page) -> None:
    choose(page, 0)
    opened.press(Qt.Key.Key_0, on=page.grid)
    choose(page, 1)
    opened.press(Qt.Key.Key_Delete, on=page.grid)
    opened.settle()
    assert labels_of(opened, (0, 1, 2)) == ["", "", "bars"]


def test_a_key_without_a_label_says_so_and_changes_nothing(opened, page) -> None:
    choose(page, 0)
    opened.press(Qt.Key.Key_9, on=page.grid)
    assert "no label 9" in opened.window.status.action.text()
    opened.settle()
    assert labels_of(opened, (0,)) == ["bars"]


def test_letters_and_digits_do_nothing_while_a_field_has_the_focus(opened, page) -> None:
    choose(page, 0)
    opened.settle()
    opened.type("groupField", "2d")
    opened.press(Qt.Key.Key_Return, on=opened.find("groupField"))
    opened.settle()
    assert labels_of(opened, (0,)) == ["bars"]
    assert image_rows(opened.context.project, [page.model.ids[0]])[0].group == "2d"


def test_shift_click_selects_a_range_and_arrows_move(opened, page) -> None:
    choose(page, 2)
    place = page.grid.visualRect(page.model.index(6, 0)).center()
    QTest.mouseClick(page.grid.viewport(), LEFT, SHIFT, place)
    assert page.model.selected_ids() == page.model.ids[2:7]
    opened.press(Qt.Key.Key_Right, on=page.grid)
    assert page.model.selected_ids() == [page.model.ids[7]]
    opened.press(Qt.Key.Key_D, on=page.grid)
    assert page.model.selected_ids() == [page.model.ids[8]]
    opened.press(Qt.Key.Key_A, on=page.grid)
    opened.press(Qt.Key.Key_Up, on=page.grid)
    assert page.grid.currentIndex().row() == 7 - page.grid.columns


def test_a_click_beside_the_images_selects_nothing(opened, page) -> None:
    choose(page, 2)
    below = QPoint(page.grid.viewport().width() // 2, page.grid.viewport().height() - 3)
    page.grid.scrollToBottom()
    last = page.grid.visualRect(page.model.index(17, 0))
    QTest.mouseClick(page.grid.viewport(), LEFT, pos=QPoint(last.right() + 60, last.center().y()))
    assert page.model.selected_ids() == [] or below.y() < last.bottom()


def test_facts_show_the_selection_and_set_split_state_and_tags(opened, page) -> None:
    choose(page, 0, 1)
    opened.settle()
    assert opened.find("factsTitle").text() == "2 images"
    opened.click("splitChoice_test")
    opened.click("stateChoice_reviewed")
    opened.type("tagField", "odd")
    opened.press(Qt.Key.Key_Return, on=opened.find("tagField"))
    opened.settle()
    rows = image_rows(opened.context.project, page.model.ids[:3])
    assert [r.split for r in rows] == [Split.TEST, Split.TEST, None]
    assert [r.state for r in rows[:2]] == [ImageState.REVIEWED] * 2
    assert [r.tags for r in rows] == [("odd",), ("odd",), ()]
    opened.click("tagRemove_odd")
    opened.settle()
    assert image_rows(opened.context.project, page.model.ids[:1])[0].tags == ()


def test_a_click_on_a_label_in_the_facts_gives_it(opened, page) -> None:
    choose(page, 4)
    opened.settle()
    round_ = next(a for a in opened.context.labels.all() if a.name == "round")
    opened.click(f"assign_{round_.id}")
    opened.settle()
    assert labels_of(opened, (4,)) == ["round"]


def test_a_second_click_on_a_label_takes_only_that_one_off(opened, page) -> None:
    from tlstudio.domain.annotations import Box
    from tlstudio.storage import annotations

    project = opened.context.project
    bars, round_, stripes = opened.context.labels.all()
    image = page.model.ids[4]
    box = Box(id="", image=image, label=stripes.id, x=1, y=1, w=9, h=9)

    def prepare(db) -> None:
        for label in (bars, round_):
            annotations.set_image_label(db, [image], label.id, exclusive=False)
        annotations.add(db, [box])

    opened.context.changes.tell(project.transact("undo.x", prepare))
    choose(page, 4)
    opened.settle(lambda: opened.find(f"assign_{stripes.id}").isChecked())
    opened.click(f"assign_{round_.id}")
    opened.settle(lambda: labels_of(opened, (4,)) == ["bars,stripes"])
    opened.click(f"assign_{stripes.id}")
    opened.settle(lambda: "shapes" in opened.window.status.action.text())
    assert opened.find(f"assign_{stripes.id}").isChecked()
    assert labels_of(opened, (4,)) == ["bars,stripes"]


def test_the_number_of_all_images_is_true_while_filtered(opened, page) -> None:
    bars = opened.context.labels.all()[0]
    page.filters.set_query(ImageQuery(labels=frozenset({bars.id})))
    opened.settle(lambda: opened.find("imageCount").text() == "6 of 18 images")
    opened.context.changes.tell(Changes(everything=True))
    opened.settle(lambda: opened.find("imageCount").text() == "6 of 18 images")
    others = sorted(set(find_images(opened.context.project)) - set(page.model.ids))
    opened.context.edit(delete_images, others[:2])
    opened.settle(lambda: opened.find("imageCount").text() == "6 of 16 images")


def test_taking_images_out_and_undo(opened, page) -> None:
    choose(page, 0, 1)
    opened.settle()
    opened.click("removeImages")
    opened.settle(lambda: page.model.rowCount() == 16)
    opened.context.undo()
    opened.settle(lambda: page.model.rowCount() == 18)


def test_filter_by_label_chip_and_clear(opened, page) -> None:
    opened.click("filter_labels")
    listed = opened.find("filter_labels_popupList", QListWidget)
    assert [listed.item(i).text().split("   ") for i in range(4)] == [
        ["No label", "0"],
        ["bars", "6"],
        ["round", "6"],
        ["stripes", "6"],
    ]
    place = listed.visualItemRect(listed.item(2)).center()
    QTest.mouseClick(listed.viewport(), LEFT, pos=place)
    opened.settle(lambda: page.model.rowCount() == 6)
    page.filters._popups["labels"].hide()
    assert set(labels_of(opened, range(6))) == {"round"}
    assert opened.find("imageCount").text() == "6 of 18 images"
    opened.click("filter_clear")
    opened.settle(lambda: page.model.rowCount() == 18)


def test_search_narrows_and_its_chip_clears_the_field(opened, page) -> None:
    opened.press(Qt.Key.Key_F, CONTROL, on=page.grid)
    QTest.keyClicks(opened.window.bar.search, "stripes_00")
    opened.settle(lambda: page.model.rowCount() == 6)
    opened.click("filter_text")
    opened.settle(lambda: page.model.rowCount() == 18)
    assert opened.window.bar.search.text() == ""


def test_nothing_found_offers_to_clear(opened, page) -> None:
    page.search("no such name")
    opened.settle(lambda: page.model.rowCount() == 0)
    opened.click("emptyClear")
    opened.settle(lambda: page.model.rowCount() == 18)


def test_labelling_in_a_filter_keeps_the_place(opened, page) -> None:
    page.filters.set_query(ImageQuery(labels=frozenset({opened.context.labels.all()[0].id})))
    opened.settle(lambda: page.model.rowCount() == 6)
    second = page.model.ids[1]
    choose(page, 0)
    opened.press(Qt.Key.Key_2, on=page.grid)
    opened.settle(lambda: page.model.rowCount() == 5)
    assert page.model.selected_ids() == [second]
    assert page.grid.currentIndex().row() == 0


def test_sorting_by_column_title_and_by_choice(opened, page) -> None:
    opened.press(Qt.Key.Key_L, on=page.grid)
    header = page.list.horizontalHeader()
    for wanted in ("bars_000.png", "stripes_005.png"):
        place = QPoint(header.sectionViewportPosition(0) + 20, header.height() // 2)
        QTest.mouseClick(header.viewport(), LEFT, pos=place)
        opened.settle(lambda w=wanted: page.model.row_at(0).name == w)
    opened.press(Qt.Key.Key_G, on=page.list)
    choice = opened.find("sortChoice", QComboBox)
    assert choice.currentData() == "name"


def test_the_selection_is_the_same_in_grid_and_list(opened, page) -> None:
    choose(page, 3)
    opened.press(Qt.Key.Key_L, on=page.grid)
    assert page.list.isVisible()
    assert [i.row() for i in page.list.selectionModel().selectedRows()] == [3]


def test_the_size_slider_and_ctrl_wheel_agree(opened, page) -> None:
    columns = page.grid.columns
    opened.find("thumbSize").setValue(300)
    assert page.grid.side == 300
    assert page.grid.columns < columns
    opened.press(Qt.Key.Key_Tab, on=page.grid)
    assert not page.side.isVisible()


def test_import_shows_what_it_will_do_then_does_it(opened, page, class_folder) -> None:
    source = class_folder({"bars": 2, "new": 3}, name="more", seed=5)
    (source / "bars" / "broken.png").write_bytes(b"not a picture")
    page.dropped([source])
    opened.settle(lambda: "left out" in page._importing._result.skipped_title.text())
    assert "New: new" in opened.find("importLabels").text()
    opened.click("importSkippedToggle")
    assert "broken.png" in opened.find("importSkipped").toPlainText()
    opened.click("importGroups_regex")
    opened.settle(lambda: "2 groups" in page._importing.form._samples.text())
    assert "Import 5 images" in opened.find("importGo").text()
    opened.click("importGo")
    opened.settle(lambda: page.model.rowCount() == 23)
    assert "5 images were added" in opened.messages()[0]
    opened.click("bannerAction")
    opened.settle()
    assert "broken.png" in opened.find("skippedList").toPlainText()
    assert [a.name for a in opened.context.labels.all()][-1] == "new"


def test_a_source_that_cannot_be_read_is_told_in_the_panel(opened, page, tmp_path: Path) -> None:
    page.start_import([tmp_path / "nowhere"])
    opened.settle(lambda: page._importing._problem.isVisible())
    assert "check the name" in opened.find("importProblem").text()
    assert not opened.find("importGo").isEnabled()
    opened.click("importCancel")
    assert page.grid.isVisible()


def test_labels_are_added_renamed_merged_and_deleted(opened, page) -> None:
    opened.click("sideTabs_labels")
    opened.type("newLabel", "flat, tall")
    opened.click("addLabel")
    opened.settle(lambda: len(opened.context.labels.all()) == 5)
    bars, round_, stripes, flat, tall = opened.context.labels.all()
    panel = page.side.labels
    panel.rename(flat)
    opened.type("renameLabel", "even")
    opened.click("renameLabelAccept")
    opened.settle(lambda: opened.context.labels.get(flat.id).name == "even")
    panel.ask_merge(stripes, bars)
    opened.settle()
    assert opened.find("mergeLabelText").text() == (
        "On 6 images 6 image labels of stripes become bars. The label stripes goes."
        " Undo brings it back."
    )
    opened.click("mergeLabelAccept")
    opened.settle(lambda: opened.context.labels.used(bars.id) == 12)
    panel.ask_delete(round_)
    opened.settle()
    assert "6 images lose the label round: 6 image labels. 6 images are left with nothing" in (
        opened.find("deleteLabelText").text()
    )
    opened.click("deleteLabelAccept")
    opened.settle(lambda: opened.context.labels.get(round_.id) is None)
    opened.context.undo()
    opened.settle(lambda: opened.context.labels.used(round_.id) == 6)
    assert opened.context.labels.get(tall.id) is not None


def test_a_label_that_exists_is_refused_with_what_to_do(opened, page) -> None:
    opened.click("sideTabs_labels")
    opened.type("newLabel", "bars")
    opened.press(Qt.Key.Key_Return, on=opened.find("newLabel"))
    opened.settle(lambda: bool(opened.messages()))
    assert "merge the two" in opened.messages()[0]


def test_a_site_is_held_out_from_the_split_panel(opened, page, project_folder) -> None:
    from tlstudio.services import labelling

    context = opened.context
    held = page.model.ids[:4]
    opened.click("splitButton")
    opened.click("splitKind_site")
    choice = opened.find("splitSiteChoice")
    opened.settle(lambda: choice.count() > 1)  # the folders it came from
    choice.setCurrentIndex(choice.count() - 1)
    assert not opened.find("splitGo").isEnabled()
    assert "Say which site" in opened.find("splitGo").toolTip()
    opened.find("splitSitePattern").setText("nobody")
    assert opened.find("splitGo").isEnabled()
    context.edit(labelling.set_tags, held, add=["site B"])
    opened.settle(lambda: choice.itemText(0) == "Tag site B · 4 images")
    choice.setCurrentIndex(0)
    opened.settle()
    opened.click("splitGo")
    opened.settle(lambda: page.side._made["split"].findChild(object, "splitHeld") is not None)
    assert opened.find("splitHeld").text().startswith("The test is the site held out: ")
    opened.click("splitShow_test")
    opened.settle(lambda: page.model.rowCount() <= 4)
    assert set(page.model.ids) <= set(held) and page.model.ids
    opened.click("splitKind_share")
    assert opened.find("splitTest").isVisible() and opened.find("splitBy").isVisible()


def test_splitting_shows_counts_and_can_be_undone(opened, page) -> None:
    opened.click("splitButton")
    opened.click("splitGo")
    opened.settle(lambda: page.side._made["split"].findChild(object, "splitDone") is not None)
    assert opened.find("splitDone").text() == "18 images were divided"
    opened.click("splitShow_test")
    opened.settle(lambda: 0 < page.model.rowCount() < 18)
    opened.context.undo()
    opened.settle(lambda: page.model.rowCount() == 0)


def test_leaks_are_found_and_shown(opened, page, tmp_path: Path, class_folder) -> None:
    from tlstudio.services.datasets import ImportOptions, import_source

    project = opened.context.project
    split_project(project)
    name = image_rows(project, page.model.ids[:1])[0]
    twin = tmp_path / "twin.png"
    twin.write_bytes((project.folder / name.path).read_bytes())
    other = Split.TEST if name.split is not Split.TEST else Split.TRAIN
    report = import_source(project, twin, ImportOptions(split=other))
    opened.context.changes.tell(report.changes)
    opened.settle(lambda: page.model.rowCount() == 19)
    opened.click("sideTabs_problems")
    opened.click("duplicatesFind")
    opened.settle(lambda: page.side._made["problems"].findChild(object, "problem_1") is not None)
    opened.click("problem_1")
    opened.settle(lambda: page.model.rowCount() == 2)
    stale = page.side._made["problems"].findChild(object, "duplicatesStale")
    opened.click("missingLook")
    opened.settle()
    assert stale.isHidden()
    opened.context.edit(delete_images, page.model.ids[:1])
    opened.settle(lambda: stale.isVisible())
    opened.click("duplicatesFind")
    opened.settle(lambda: stale.isHidden())


def test_problems_reads_only_what_may_be_other_and_only_while_it_is_seen(
    opened, page, monkeypatch
) -> None:
    from tlstudio.domain.images import Skipped
    from tlstudio.services import images, labelling, relinking

    left = [Skipped(f"{n}.png", "data.empty", {}) for n in range(40)]
    asked: list[str] = []
    monkeypatch.setattr(images, "skipped_files", lambda _: asked.append("skipped") or list(left))
    monkeypatch.setattr(relinking, "noted_missing", lambda _: asked.append("missing") or [])
    opened.click("sideTabs_problems")
    shown = opened.find("skippedList")
    opened.settle(lambda: "39.png" in shown.toPlainText())
    assert sorted(asked) == ["missing", "skipped"]
    shown.selectAll()
    opened.context.edit(labelling.set_state, page.model.ids[:1], ImageState.DISPUTED)
    opened.settle(lambda: asked[2:] == ["missing"])
    opened.context.changes.tell(Changes(everything=True))
    opened.settle(lambda: sorted(asked[3:]) == ["missing", "skipped"])
    assert shown.textCursor().hasSelection(), "the same files are not shown anew"
    opened.click("sideTabs_selection")
    opened.context.changes.tell(Changes(everything=True))
    panel = page.side._made["problems"].widget()
    assert not panel._again.isActive() and len(asked) == 5
    del left[1:]
    opened.click("sideTabs_problems")
    opened.settle(lambda: "39.png" not in shown.toPlainText())
    assert opened.find("skippedText").text() == "1 file was left out:"


def test_a_long_list_of_files_left_out_is_shown_in_part_and_copied_whole(
    opened, page, monkeypatch
) -> None:
    from tlstudio.domain.images import Skipped
    from tlstudio.services import images

    left = [Skipped(f"{n}.png", "data.empty", {}) for n in range(2_000)]
    monkeypatch.setattr(images, "skipped_files", lambda _: list(left))
    opened.click("sideTabs_problems")
    shown = opened.find("skippedList")
    opened.settle(lambda: "0.png" in shown.toPlainText())
    assert shown.blockCount() == 501
    assert shown.toPlainText().endswith("and 1,500 more")
    assert opened.find("skippedText").text() == "2,000 files were left out:"
    copy = opened.find("skippedCopy")
    copy.click()
    copied = QApplication.clipboard().text().split("\n")
    assert len(copied) == 2_000 and "1999.png" in copied[-1]
    del left[500:]
    opened.context.changes.tell(Changes(everything=True))
    opened.settle(lambda: shown.blockCount() == 500)
    assert not copy.isVisible()


def test_edits_during_a_search_date_its_duplicates(opened, page) -> None:
    grouped = Changes(images=frozenset(page.model.ids[:1]), undo_code="undo.set_group")
    opened.click("sideTabs_problems")
    panel = page.side._made["problems"].widget()
    stale = panel.findChild(object, "duplicatesStale")
    opened.settle()
    compare, look = panel._compare, panel._look_again
    for start, dated in ((compare, True), (compare, False), (look, True)):
        start()
        if dated:
            opened.context.changes.tell(grouped)
        opened.settle(lambda: panel._job is None)
        assert stale.isVisible() is dated


def test_leaks_that_spare_the_test_do_not_block_its_figures() -> None:
    train, val, test = Split
    near = Leak(LeakKind.NEAR, (train, test), (5, 6))
    spared = Leak(LeakKind.GROUP, (train, val), (1, 2), "Ada")
    of_test = Leak(LeakKind.IDENTICAL, (train, val, test), (3, 4))
    assert blocking([near, spared, of_test]) == ([of_test], [spared])


def test_missing_files_are_found_and_relinked(opened, page, tmp_path: Path) -> None:
    project = opened.context.project
    row = image_rows(project, page.model.ids[:1])[0]
    away = tmp_path / "elsewhere"
    away.mkdir()
    (project.folder / row.path).rename(away / "renamed.png")
    opened.click("sideTabs_problems")
    opened.click("missingLook")
    opened.settle(lambda: "1 image has lost" in opened.find("missingText").text())
    opened.click("missingShow")
    opened.settle(lambda: page.model.rowCount() == 1)
    page.side._made["problems"].widget().relink(away)
    opened.settle(lambda: "All files" in opened.find("missingText").text())
    assert "1 file was found again." in opened.messages()
    opened.context.undo()
    opened.settle(lambda: "1 image has lost" in opened.find("missingText").text())
    opened.context.edit(delete_images, [row.id])
    opened.settle(lambda: "All files" in opened.find("missingText").text())


def test_suggestions_are_accepted_by_enter_and_dropped_by_esc(opened, page) -> None:
    from tlstudio.domain.annotations import AnnotationSource, Provenance
    from tlstudio.storage import annotations

    project, label = opened.context.project, opened.context.labels.all()[2]
    ids = page.model.ids[:2]

    def suggest(db) -> None:
        annotations.set_image_label(db, ids, None)
        made = Provenance(source=AnnotationSource.MODEL, run=None, confidence=0.9, suggestion=True)
        annotations.set_image_label(db, ids, label.id, made)

    opened.context.changes.tell(project.transact("undo.assign_label", suggest))
    opened.settle(lambda: page.model.row_at(0).suggested == (label.id,))
    choose(page, 0)
    opened.settle()
    assert "suggests stripes" in opened.find("suggestionText").text()
    opened.press(Qt.Key.Key_Return, on=page.grid)
    choose(page, 1)
    opened.settle()
    opened.press(Qt.Key.Key_Escape, on=page.grid)
    opened.settle()
    assert labels_of(opened, (0, 1)) == ["stripes", ""]
    assert image_rows(project, ids)[1].suggested == ()


def test_a_key_with_nothing_selected_says_what_is_missing(opened, page) -> None:
    page.grid.clearSelection()
    opened.press(Qt.Key.Key_2, on=page.grid)
    opened.settle()
    assert opened.window.status.action.text() == "Select an image first."


def test_of_a_selection_that_is_not_known_whole_no_review_is_taken_away(
    opened, page, monkeypatch
) -> None:
    from tlstudio.domain.images import ImageState
    from tlstudio.services.images import find_images, image_rows
    from tlstudio.services.labelling import set_state

    project = opened.context.project
    ids = list(page.model.ids)
    opened.context.edit(set_state, ids[:2], ImageState.REVIEWED)
    opened.settle()
    monkeypatch.setattr("tlstudio.ui.pages.images.page._MOST_FACTS", 2)
    page.grid.selectAll()
    opened.settle()
    page._keys._toggle_reviewed()
    opened.settle()
    states = {row.state for row in image_rows(project, find_images(project))}
    assert states == {ImageState.REVIEWED}


def test_completers_do_not_gather_with_each_menu(opened, page) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QCompleter

    for _ in range(5):
        page.facts.set_names({"groups": ["p1"], "tags": ["t"], "people": ["Ann"]})
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(page.facts.findChildren(QCompleter)) == 3
