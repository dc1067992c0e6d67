"""The gallery: shapes on thumbnails, filters by what was drawn and by whom, kept filters, the
menu of the selection, the way into Label."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListWidget, QMenu

from tlstudio.domain.annotations import AnnotationSource, Box, Provenance
from tlstudio.domain.images import ImageQuery, ImageState
from tlstudio.domain.marks import ShapeMark
from tlstudio.services import shaping
from tlstudio.services.filters import list_filters
from tlstudio.services.images import image_rows
from tlstudio.storage import annotations
from tlstudio.ui.pages.images.overlays import outlines

CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
HINT = Provenance(source=AnnotationSource.MODEL, run="r", confidence=0.4, suggestion=True)


@pytest.fixture
def page(opened):
    """18 images; 0 to 3 hold a box of `bars` by a person, 4 and 5 suggested ones."""
    page = opened.window.page("images")
    project, label = opened.context.project, opened.context.labels.all()[0].id

    def box(image: int, made: Provenance) -> Box:
        return Box(id="", image=image, label=label, x=12, y=12, w=24, h=24, provenance=made)

    items = [box(image, HINT if place > 3 else Provenance())
             for place, image in enumerate(page.model.ids[:6])]  # fmt: skip
    edit = project.transact("undo.add_shapes", lambda db: annotations.add(db, items))
    opened.context.changes.tell(edit)
    opened.settle(lambda: page.model.row_at(0).shapes == 1)
    page.grid.setFocus()
    return page


def choose(page, *rows: int) -> None:
    for number, row in enumerate(rows):
        held = CONTROL if number else Qt.KeyboardModifier.NoModifier
        page.grid.scrollTo(page.model.index(row, 0))
        place = page.grid.visualRect(page.model.index(row, 0)).center()
        QTest.mouseClick(page.grid.viewport(), LEFT, held, place)


def tick(opened, name: str, text: str) -> None:
    """Tick a choice of an open filter."""
    listed = opened.find(f"filter_{name}_popupList", QListWidget)
    item = next(listed.item(i) for i in range(listed.count()) if listed.item(i).text() == text)
    QTest.mouseClick(listed.viewport(), LEFT, pos=listed.visualItemRect(item).center())
    opened.settle()


def open_menu(opened, page, row: int) -> QMenu:
    """Right-click on an image."""
    at = page.grid.visualRect(page.model.index(row, 0)).center()
    page.grid.customContextMenuRequested.emit(at)
    opened.settle(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    return QApplication.activePopupWidget()


def pick(menu: QMenu, name: str) -> None:
    """Choose the entry of that name, in whatever menu below it is, and close the menu."""
    for below in [menu, *menu.findChildren(QMenu)]:
        for action in below.actions():
            if action.objectName() == name:
                assert action.isEnabled()
                menu.close()
                action.trigger()
                return
    raise AssertionError(f"no entry {name}")


# -- shapes on thumbnails --------------------------------------------------------------------


def edge_colour(page, row: int) -> QColor:
    """What the grid shows on the upper edge of the box, in the middle."""
    picture = page.grid.viewport().grab().toImage()
    rect = page.grid.visualRect(page.model.index(row, 0))
    side = page.thumbs.get(page.model.row_at(row).pixel_hash).height()
    top = rect.top() + 6 + (page.grid.side - side) // 2
    return QColor(picture.pixel(rect.center().x(), top + round((side - 1) / 4)))


def near(colour: QColor, wanted: str, most: int = 60) -> bool:
    other = QColor(wanted)
    pairs = zip(colour.getRgb()[:3], other.getRgb()[:3], strict=True)
    return max(abs(a - b) for a, b in pairs) <= most


def test_thumbnails_show_shapes_in_the_colour_of_the_label(opened, page) -> None:
    colour = opened.context.labels.all()[0].colour
    opened.settle(lambda: page.overlays.get(page.model.ids[0]) is not None)
    assert near(edge_colour(page, 0), colour)
    opened.click("showShapes")
    assert not near(edge_colour(page, 0), colour)
    opened.click("showShapes")
    assert near(edge_colour(page, 0), colour)
    assert page.overlays.get(page.model.ids[10]) is None


def test_an_edit_draws_the_thumbnail_anew(opened, page) -> None:
    image = page.model.ids[0]
    opened.settle(lambda: page.overlays.get(image) is not None)
    with opened.context.project.read() as db:
        (shape,) = [s for s in annotations.of_images(db, [image])[image] if isinstance(s, Box)]
    edit = shaping.delete_shapes(opened.context.project, image, [shape.id])
    opened.context.changes.tell(edit.changes)
    opened.settle(lambda: page.model.row_at(0).shapes == 0)
    other = shaping.add_shapes(
        opened.context.project, image, [Box(id="", image=image, label=2, x=2, y=2, w=4, h=4)]
    )
    opened.context.changes.tell(other.changes)
    opened.settle(lambda: page.model.row_at(0).shapes == 1)
    colour = opened.context.labels.all()[0].colour
    opened.settle(lambda: not near(edge_colour(page, 0), colour))


def test_suggestions_are_dashed() -> None:
    ring = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
    inked = {}
    y = round(0.1 * 159)
    for suggestion in (False, True):
        mark = ShapeMark(1, "box", suggestion, ring)
        picture = outlines([mark], QSize(160, 160), {1: "#FF0000"})
        row = [QColor(picture.pixel(x, y)).red() > 200 for x in range(30, 130)]
        inked[suggestion] = sum(row)
    assert inked[False] == 100
    assert 30 < inked[True] < 90


# -- filters ---------------------------------------------------------------------------------


def test_images_are_filtered_by_who_drew(opened, page) -> None:
    opened.click("filter_makers")
    opened.settle()
    tick(opened, "makers", "Suggestions waiting   2")
    opened.settle(lambda: page.model.rowCount() == 2)
    assert opened.find("filter_makers").text() == "Source: Suggestions waiting"
    page.filters._popups["makers"].hide()
    opened.click("filter_clear")
    opened.settle(lambda: page.model.rowCount() == 18)


def test_more_filters_get_a_chip_while_they_are_used(opened, page) -> None:
    assert not page.filters._chips["kinds"].isVisible()
    opened.click("filter_more")
    opened.settle(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    pick(QApplication.activePopupWidget(), "filter_more_kinds")
    opened.settle()
    tick(opened, "kinds", "Boxes   4")
    opened.settle(lambda: page.model.rowCount() == 4)
    page.filters._popups["kinds"].hide()
    assert opened.find("filter_kinds").text() == "Kind of shape: Boxes"
    opened.click("filter_clear")
    assert not page.filters._chips["kinds"].isVisible()


def test_numbers_of_a_filter_are_counted_anew_when_it_opens(opened, page) -> None:
    choose(page, 7)
    opened.settle()
    opened.click("stateChoice_disputed")
    opened.settle()
    opened.click("filter_states")
    opened.settle()
    listed = opened.find("filter_states_popupList", QListWidget)
    texts = [listed.item(i).text() for i in range(listed.count())]
    assert "disputed   1" in texts
    page.filters._popups["states"].hide()


def test_size_is_a_range(opened, page) -> None:
    opened.click("filter_size")
    opened.type("size_min_width", "49")
    opened.press(Qt.Key.Key_Return, on=opened.find("size_min_width"))
    opened.settle(lambda: page.model.rowCount() == 0)
    assert opened.find("filter_size").text() == "Size: width from 49 px"
    opened.click("filter_size")
    opened.click("filter_size_popupClear")
    opened.settle(lambda: page.model.rowCount() == 18)
    page.filters._popups["size"].hide()


def test_filters_are_kept_chosen_renamed_deleted_and_put_back(opened, page) -> None:
    project = opened.context.project
    query = ImageQuery(makers=frozenset({"suggestion"}), sort="unsure", smaller=100)
    page.filters.set_query(query)
    opened.click("savedFilters")
    opened.type("saveFilterName", "To check")
    opened.press(Qt.Key.Key_Return, on=opened.find("saveFilterName"))
    opened.settle(lambda: [made.name for made in list_filters(project)] == ["To check"])
    (made,) = list_filters(project)
    assert made.query == query
    assert opened.find("savedFilters").text() == "Saved: To check"
    page.filters.saved._popup.hide()
    page.filters.set_query(ImageQuery())
    assert opened.find("savedFilters").text() == "Saved"
    opened.click("savedFilters")
    opened.click(f"savedFilter_{made.id}")
    opened.settle(lambda: page.model.rowCount() == 2)
    assert page.filters.query == query
    opened.click("savedFilters")
    opened.click(f"renameFilter_{made.id}")
    opened.type("saveFilterName", "Unsure")
    opened.click("saveFilter")
    opened.settle(lambda: [made.name for made in list_filters(project)] == ["Unsure"])
    opened.click(f"deleteFilter_{made.id}")
    opened.settle(lambda: list_filters(project) == [])
    opened.click("bannerAction")
    opened.settle(lambda: [made.query for made in list_filters(project)] == [query])


def test_a_filter_that_is_replaced_can_be_put_back(opened, page) -> None:
    from tlstudio.services.filters import save_filter

    project = opened.context.project
    save_filter(project, "To check", ImageQuery(text="a"))
    page.filters.refresh()
    page.filters.set_query(ImageQuery(text="b"))
    opened.settle(lambda: page.model.rowCount() == 6)
    page.filters.saved._keep(" To  check ")
    opened.settle(lambda: list_filters(project)[0].query.text == "b")
    assert "The saved filter To check was replaced." in opened.messages()
    opened.click("bannerAction")
    opened.settle(lambda: list_filters(project)[0].query.text == "a")


def test_filters_follow_a_label_that_is_merged(opened, page) -> None:
    from tlstudio.services.filters import save_filter
    from tlstudio.services.labelling import delete_labels, merge_labels

    bars, round_, _ = opened.context.labels.all()
    query = ImageQuery(labels=frozenset({bars.id}))
    save_filter(opened.context.project, "Bars", query)
    page.filters.refresh()
    page.filters.set_query(query)
    opened.settle(lambda: opened.find("savedFilters").text() == "Saved: Bars")
    opened.context.edit(merge_labels, [bars.id], round_.id)
    opened.settle(lambda: opened.find("filter_labels").text() == "Label: round")
    opened.settle(lambda: opened.find("savedFilters").text() == "Saved: Bars")
    assert page.model.rowCount() > 0
    opened.context.undo()
    opened.settle(lambda: opened.find("filter_labels").text() == "Label: bars")
    opened.context.redo()
    opened.settle(lambda: opened.find("filter_labels").text() == "Label: round")
    opened.context.edit(delete_labels, [round_.id])
    opened.settle(lambda: opened.find("filter_labels").text() == "Label: a label that is gone")


def test_what_was_looked_for_comes_back_merge_by_merge(opened, page) -> None:
    from tlstudio.services.labelling import merge_labels

    bars, round_, stripes = opened.context.labels.all()

    def looks_for(*wanted) -> bool:
        return page.filters.query.labels == {made.id for made in wanted}

    page.filters.set_query(ImageQuery(labels=frozenset({bars.id, stripes.id})))
    opened.context.edit(merge_labels, [bars.id], round_.id)
    opened.context.edit(merge_labels, [round_.id], stripes.id)
    opened.settle(lambda: looks_for(stripes))
    page.filters.set_query(replace(page.filters.query, text="tile"))
    opened.context.undo()
    opened.settle(lambda: looks_for(round_, stripes))
    opened.context.undo()
    opened.settle(lambda: looks_for(bars, stripes))
    assert page.filters.query.text == "tile"


def test_a_label_chosen_since_the_merge_stays_chosen(opened, page) -> None:
    from tlstudio.services.labelling import merge_labels

    bars, round_, _ = opened.context.labels.all()
    page.filters.show_label(bars.id)
    opened.context.edit(merge_labels, [bars.id], round_.id)
    opened.settle(lambda: opened.find("filter_labels").text() == "Label: round")
    page.filters.clear()
    page.filters.show_label(round_.id)
    opened.context.undo()
    opened.settle(lambda: opened.context.labels.get(bars.id) is not None)
    assert page.filters.query.labels == {round_.id}


def test_a_name_that_is_taken_is_refused(opened, page) -> None:
    from tlstudio.domain.errors import UserError
    from tlstudio.services.filters import rename_filter, save_filter

    project = opened.context.project
    save_filter(project, "a", ImageQuery(text="a"))
    save_filter(project, "b", ImageQuery(text="b"))
    first = list_filters(project)[0]
    with pytest.raises(UserError) as caught:
        rename_filter(project, first.id, " b ")
    assert caught.value.code == "filter.name_taken"
    rename_filter(project, first.id, "a")


def test_the_least_sure_suggestion_comes_first(opened, page) -> None:
    page._sort("unsure", False)
    suggested = opened.window.page("images").model
    opened.settle(lambda: bool(suggested.row_at(0) and suggested.row_at(0).suggested))
    assert suggested.row_at(1).suggested


# -- many at once ----------------------------------------------------------------------------


def test_the_menu_says_how_many_and_labels_them_all(opened, page) -> None:
    choose(page, 8, 9, 10)
    stripes = opened.context.labels.all()[2]
    menu = open_menu(opened, page, 9)
    assert menu.actions()[0].text() == "3 images"
    pick(menu, f"menu_label_{stripes.id}")
    opened.settle()
    ids = page.model.ids[8:11]
    assert [row.labels for row in image_rows(opened.context.project, ids)] == [(stripes.id,)] * 3
    opened.context.undo()
    opened.settle()
    assert all(row.labels != (stripes.id,) for row in image_rows(opened.context.project, ids))


def test_an_edit_of_several_says_how_many_it_touched(opened, page) -> None:
    said: list[str] = []
    opened.context.status_text.connect(said.append)
    choose(page, 8, 9)
    pick(open_menu(opened, page, 8), "menu_split_test")
    opened.settle()
    assert said == ["Change the split of images: 2 images"]


def test_the_menu_ticks_what_all_have_and_changes_state_tags_and_groups(opened, page) -> None:
    project, ids = opened.context.project, page.model.ids[1:3]
    choose(page, 1, 2)
    opened.settle()
    opened.type("tagField", "odd")
    opened.press(Qt.Key.Key_Return, on=opened.find("tagField"))
    opened.type("groupField", "slide 1")
    opened.press(Qt.Key.Key_Return, on=opened.find("groupField"))
    opened.settle()
    pick(open_menu(opened, page, 1), "menu_state_disputed")
    opened.settle()
    menu = open_menu(opened, page, 1)
    ticked = {
        action.objectName()
        for below in menu.findChildren(QMenu)
        for action in below.actions()
        if action.isChecked()
    }
    bars = opened.context.labels.all()[0]
    assert {"menu_tag_odd", "menu_groups_slide 1", "menu_state_disputed",
            f"menu_label_{bars.id}", "menu_people_none", "menu_split_none"} <= ticked  # fmt: skip
    pick(menu, "menu_tag_odd")
    opened.settle()
    pick(open_menu(opened, page, 1), "menu_groups_none")
    opened.settle()
    rows = image_rows(project, ids)
    assert [(row.state, row.tags, row.group) for row in rows] == [
        (ImageState.DISPUTED, (), None)
    ] * 2


def test_images_are_given_to_a_person(opened, page) -> None:
    choose(page, 3, 4)
    opened.settle()
    opened.type("personField", "Ann")
    opened.press(Qt.Key.Key_Return, on=opened.find("personField"))
    opened.settle()
    rows = image_rows(opened.context.project, page.model.ids[3:6])
    assert [row.assignee for row in rows] == ["Ann", "Ann", None]
    choose(page, 5)
    opened.settle()
    pick(open_menu(opened, page, 5), "menu_people_Ann")
    opened.settle()
    assert image_rows(opened.context.project, page.model.ids[5:6])[0].assignee == "Ann"


def test_the_menu_changes_nothing_in_a_project_that_is_locked(opened, page, monkeypatch) -> None:
    monkeypatch.setattr(type(opened.context), "locked_reason", lambda _self: "It is read-only.")
    choose(page, 1)
    menu = open_menu(opened, page, 1)
    entries = {a.objectName(): a for m in [menu, *menu.findChildren(QMenu)] for a in m.actions()}
    assert not entries["menu_remove"].isEnabled()
    assert not entries["menu_split_test"].isEnabled()
    assert entries["menu_open"].isEnabled()
    menu.close()


# -- into Label ------------------------------------------------------------------------------


@pytest.fixture
def went(opened, page, monkeypatch):
    """Where the gallery goes, without going there."""
    found: list[tuple[str, int, list[int]]] = []
    monkeypatch.setattr(
        opened.context, "go_to", lambda to, image, ids: found.append((to, image, list(ids)))
    )
    return found


def test_double_click_and_enter_open_the_image_among_those_shown(opened, page, went) -> None:
    page.search("stripes")
    opened.settle(lambda: page.model.rowCount() == 6)
    choose(page, 2)
    opened.settle()
    place = page.grid.visualRect(page.model.index(2, 0)).center()
    QTest.mouseDClick(page.grid.viewport(), LEFT, pos=place)
    page.step(1)
    opened.settle()
    opened.press(Qt.Key.Key_Return, on=page.grid)
    opened.click("openLabel")
    ids = page.model.ids
    assert went == [("label", ids[2], ids), ("label", ids[3], ids), ("label", ids[3], ids)]


def test_enter_accepts_where_there_is_a_suggestion(opened, page, went) -> None:
    choose(page, 4)
    opened.settle(lambda: bool(page.chosen_rows()))
    opened.press(Qt.Key.Key_Return, on=page.grid)
    opened.settle(lambda: page.model.row_at(4).shapes == 1)
    (row,) = image_rows(opened.context.project, [page.model.ids[4]])
    assert (row.suggested, row.state) == ((), ImageState.LABELLED)
    assert went == []
    opened.press(Qt.Key.Key_Return, on=page.grid)
    assert [to for to, _image, _ids in went] == ["label"]


def test_the_panel_stays_when_the_page_or_the_grid_goes_away(opened, page) -> None:
    page.search("no such name")
    opened.settle(lambda: page.model.rowCount() == 0)
    assert page.side.isVisible()
    page.search("")
    opened.settle(lambda: page.model.rowCount() == 18)
    page.grid.setFocus()
    opened.context.go_to("home")
    opened.settle()
    opened.context.go_to("images")
    opened.settle()
    assert page.side.isVisible()
    opened.press(Qt.Key.Key_Tab, on=page.grid)
    assert not page.side.isVisible()


def test_the_list_shows_shapes_and_sorts_by_them(opened, page) -> None:
    opened.press(Qt.Key.Key_L, on=page.grid)
    header = page.list.horizontalHeader()
    for _ in range(2):
        place = QPoint(header.sectionViewportPosition(2) + 10, header.height() // 2)
        QTest.mouseClick(header.viewport(), LEFT, pos=place)
        opened.settle()
        time.sleep(0)
    assert (page.model.query.sort, page.model.query.descending) == ("shapes", True)
    opened.settle(lambda: page.model.row_at(0) is not None and page.model.row_at(0).shapes == 1)
    assert page.model.data(page.model.index(0, 2)) == "1"


def test_thumbnails_fill_their_place_also_where_a_pixel_of_the_screen_is_less(qapp) -> None:
    from tlstudio.ui.pages.images.thumbs import _fit

    photo = QImage(256, 192, QImage.Format.Format_RGB32)
    tile = QImage(20, 10, QImage.Format.Format_RGB32)
    assert _fit(photo, QSize(320, 240), 320).size() == QSize(320, 240)
    assert _fit(tile, QSize(320, 160), 330).size() == QSize(320, 160)
    assert _fit(photo, QSize(160, 120), 160).size() == QSize(160, 120)


def test_pictures_made_here_have_a_filter_and_are_told(opened, page) -> None:
    edit = opened.context.project.transact(
        "undo.add_styled",
        lambda db: db.execute(
            "UPDATE images SET synthetic = 1, split = NULL WHERE id = ?", (page.model.ids[7],)
        ),
    )
    opened.context.changes.tell(edit)
    opened.click("filter_more")
    opened.settle(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    pick(QApplication.activePopupWidget(), "filter_more_synthetic")
    opened.settle()
    tick(opened, "synthetic", "made here   1")
    opened.settle(lambda: page.model.rowCount() == 1)
    page.filters._popups["synthetic"].hide()
    choose(page, 0)
    opened.settle()
    assert "never in validation or test" in opened.find("factsText").text()


def test_text_in_the_pixels_has_a_filter_and_is_told(opened, page) -> None:
    image = page.model.ids[7]
    note = '{"burned_in": true}'
    edit = opened.context.project.transact(
        "undo.import",
        lambda db: db.execute(
            "UPDATE sources SET notes = ? WHERE id = (SELECT source_id FROM images WHERE id = ?)",
            (note, image),
        ),
        undoable=False,
    )
    opened.context.changes.tell(edit)
    opened.click("filter_more")
    opened.settle(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    pick(QApplication.activePopupWidget(), "filter_more_burned_in")
    opened.settle()
    tick(opened, "burned_in", "may name somebody   1")
    opened.settle(lambda: page.model.rowCount() == 1)
    page.filters._popups["burned_in"].hide()
    choose(page, 0)
    opened.settle()
    assert "burned-in text" in opened.find("factsText").text()
