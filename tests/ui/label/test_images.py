"""Images coming and going: nothing to show, missing and damaged files, many images, pictures
loaded ahead within their budget."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from tlstudio.domain.images import Split
from tlstudio.services import pictures
from tlstudio.services.images import image_path
from tlstudio.ui.pages.label.film_model import FilmModel
from tlstudio.ui.pages.label.prefetch import Pictures

KEY = Qt.Key


def middle(hand) -> str:
    return hand.page.middle.currentWidget().objectName()


def test_a_project_without_images_says_what_comes_first(make_folder, open_label) -> None:
    hand = open_label(make_folder(count=0))
    assert middle(hand) == "labelEmpty"
    hand.driver.click("emptyGoImages")
    hand.driver.settle()
    assert hand.driver.window.stack.currentWidget().objectName() == "imagesPage"


def test_a_missing_file_says_so_and_comes_back(hand) -> None:
    project, ids = hand.driver.context.project, hand.page.navigator.ids
    path = image_path(project, ids[1])
    aside = path.with_suffix(".aside")
    path.rename(aside)
    hand.page.pictures.forget([ids[1]])
    hand.press(KEY.Key_D)
    hand.settle(lambda: middle(hand) == "labelEmpty")
    assert hand.canvas.image_id is None
    assert hand.driver.find("emptyRelink").isEnabled()
    aside.rename(path)
    hand.driver.click("emptyAgain")
    hand.settle(lambda: hand.canvas.image_id == ids[1])
    assert middle(hand) == "canvas"


def test_a_comment_half_written_does_not_reach_an_image_whose_file_is_missing(
    hand, monkeypatch
) -> None:
    monkeypatch.setattr(pictures, "_thumbnail", lambda *_: None)
    first, second = hand.page.navigator.ids[:2]
    Path(image_path(hand.driver.context.project, second)).unlink()
    hand.page.pictures.forget([second])
    hand.page.open_section("review")
    hand.driver.type("commentField", "Is this")
    hand.page.navigator.step(1)
    hand.settle(lambda: middle(hand) == "labelEmpty")
    field = hand.driver.find("commentField")
    assert field.toPlainText() == ""
    hand.page.navigator.step(-1)
    hand.settle(lambda: hand.canvas.image_id == first)
    assert field.toPlainText() == "Is this"


def test_a_damaged_file_says_so_and_the_keys_go_on(hand) -> None:
    project, ids = hand.driver.context.project, hand.page.navigator.ids
    path = Path(image_path(project, ids[1]))
    path.write_bytes(path.read_bytes()[:200])
    hand.page.pictures.forget([ids[1]])
    hand.press(KEY.Key_D)
    hand.settle(lambda: middle(hand) == "labelEmpty" or bool(hand.driver.messages()))
    hand.driver.press(KEY.Key_D, on=hand.page.empties)
    hand.settle(lambda: hand.canvas.image_id == ids[2])


def test_the_next_and_the_previous_picture_are_there_before_they_are_asked_for(hand) -> None:
    ids = hand.page.navigator.ids
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.page.pictures.kept >= {ids[0], ids[1], ids[2]})


def test_pictures_keep_within_their_budget_and_the_shown_one_stays(hand) -> None:
    one = hand.canvas.picture.nbytes
    ids = hand.page.navigator.ids
    store = Pictures(hand.driver.context, hand.page, budget=2 * one + one // 2)
    for image in ids:
        store.want(image)
        hand.settle(lambda image=image: store.get(image) is not None)
        assert store.nbytes <= 2 * one + one // 2
    store.want_near(ids[:3])
    hand.settle()
    assert store.get(ids[-1]) is not None
    tiny = Pictures(hand.driver.context, hand.page, budget=1)
    tiny.want(ids[0])
    hand.settle(lambda: tiny.get(ids[0]) is not None)
    tiny.want_near(ids[1:])
    hand.settle()
    assert tiny.kept == {ids[0]}


def test_a_picture_that_nobody_waits_for_is_not_decoded(hand, monkeypatch) -> None:
    begun: list[int] = []
    decoded: list[int] = []
    gate = threading.Event()
    load = pictures.load_picture

    def slow(project, image, *, quick=False):
        begun.append(image)
        gate.wait(60)
        decoded.append(image)
        return load(project, image, quick=quick)

    monkeypatch.setattr(pictures, "load_picture", slow)
    ids = hand.page.navigator.ids
    hand.page.pictures.forget_all()
    hand.page.navigator.go(ids[1])
    hand.driver.until(lambda: begun == [ids[1]] * 2)  # both threads are busy with it now
    for place in (2, 3, 4):
        hand.page.navigator.go(ids[place])
    gate.set()
    hand.settle(lambda: hand.canvas.image_id == ids[4])
    hand.settle(lambda: hand.page.pictures.get(ids[4]) is not None)
    assert ids[2] not in decoded


def test_the_image_on_the_canvas_stays_until_the_next_one_is_there(hand, monkeypatch) -> None:
    load, gate = pictures.load_picture, threading.Event()

    def slow(project, image, *, quick=False):
        gate.wait(60)
        return load(project, image, quick=quick)

    monkeypatch.setattr(pictures, "load_picture", slow)
    first = hand.canvas.image_id
    hand.page.pictures.forget_all()
    hand.press(KEY.Key_R)
    hand.press(KEY.Key_D)
    assert hand.canvas.image_id == first
    hand.drag(20, 30, 60, 70)  # what is seen is what is drawn on
    gate.set()
    hand.settle(lambda: hand.canvas.image_id != first)
    assert hand.stored() == []
    hand.press(KEY.Key_A)
    hand.settle(lambda: hand.canvas.image_id == first)
    assert len(hand.stored()) == len(hand.scene.all()) == 1


def test_images_taken_out_leave_the_list(hand) -> None:
    from tlstudio.services.labelling import delete_images

    ids = list(hand.page.navigator.ids)
    hand.driver.context.edit(delete_images, [ids[0]])
    hand.settle(lambda: hand.page.navigator.ids == ids[1:])
    hand.settle(lambda: hand.canvas.image_id == ids[1])
    assert hand.driver.find("filmPlace").text() == "1 of 4"
    hand.driver.context.undo()
    hand.settle(lambda: hand.page.navigator.ids == ids)
    hand.settle(lambda: hand.canvas.image_id == ids[0])  # undo shows the image it changes


def test_undo_redo_and_history_lead_to_images_that_are_there(hand) -> None:
    from tlstudio.services.labelling import delete_images

    context, navigator = hand.driver.context, hand.page.navigator
    ids = list(navigator.ids)
    context.go_to("label", image=ids[1], ids=ids[1:4])
    hand.settle(lambda: navigator.ids == ids[1:4] and not hand.page.stage.busy)
    context.edit(delete_images, [ids[3]])
    hand.settle(lambda: navigator.ids == ids[1:3])
    context.undo()
    hand.settle(lambda: hand.canvas.image_id == ids[3])
    assert navigator.ids == ids[1:4]
    navigator.go(ids[1])
    hand.settle()
    context.redo()
    hand.settle(lambda: "taken out" in hand.driver.window.status.action.text())
    navigator.visit([ids[3]])
    hand.settle(lambda: navigator.ids == ids[1:3])
    navigator.visit([ids[3], ids[2]])
    hand.settle(lambda: hand.canvas.image_id == ids[2])
    assert not hand.driver.messages()
    assert navigator.narrowed


def test_a_step_of_the_history_leads_to_the_first_of_its_images_in_the_list(hand) -> None:
    from tlstudio.services.labelling import delete_images, set_split

    context, navigator = hand.driver.context, hand.page.navigator
    ids = list(navigator.ids)
    context.edit(set_split, ids[:4], Split.TRAIN)
    context.edit(delete_images, ids[:1])
    hand.page.review.history._toggle()
    history = hand.page.review.history.list
    hand.settle(lambda: history.count() == 2)
    context.go_to("label", image=ids[4], ids=ids[:0:-1])
    hand.settle(lambda: hand.canvas.image_id == ids[4])
    history.itemActivated.emit(history.item(1))
    hand.settle(lambda: hand.canvas.image_id == ids[3])
    assert navigator.ids == ids[:0:-1]
    history.itemActivated.emit(history.item(0))
    hand.settle(lambda: "taken out" in hand.driver.window.status.action.text())


def test_pictures_made_from_others_come_into_the_strip(hand, tmp_path) -> None:
    from tlstudio.services.made_here import Made, add_made

    ids = list(hand.page.navigator.ids)
    added = add_made(hand.driver.context.project, [Made(draw_one(tmp_path), "made", ids[0])])
    hand.driver.context.changes.tell(added.changes)
    hand.settle(lambda: hand.page.navigator.ids == [*ids, *added.images])


def draw_one(folder: Path) -> Path:
    Image.new("RGB", (30, 20), (9, 90, 200)).save(folder / "made.png")
    return folder / "made.png"


def test_a_list_of_100000_images_reads_only_what_is_seen(hand) -> None:
    film = hand.page.film
    ids = list(range(1, 100_001))
    begun = time.perf_counter()
    film.show_ids(ids)
    film.show_current(70_000)
    film.viewport().repaint()
    assert time.perf_counter() - begun < 20  # a guard against work for each row, no measurement
    assert isinstance(film.model(), FilmModel)
    asked = film.table._wanted | film.table._asked
    assert 0 < len(asked) < 500
    rect = film.visualRect(film.table.index(70_000))
    assert abs(rect.center().x() - film.viewport().width() // 2) < rect.width()


@pytest.mark.parametrize("count", [1, 5])
def test_home_and_end(make_folder, open_label, count) -> None:
    hand = open_label(make_folder(count=count))
    ids = hand.page.navigator.ids
    hand.press(KEY.Key_End)
    hand.settle(lambda: hand.canvas.image_id == ids[-1])
    hand.press(KEY.Key_D)
    hand.settle()
    assert "last image" in hand.driver.window.status.action.text()
    hand.press(KEY.Key_Home)
    hand.settle(lambda: hand.canvas.image_id == ids[0])


def test_what_waits_for_an_image_is_not_done_to_another(hand, monkeypatch) -> None:
    load, gate = pictures.load_picture, threading.Event()

    def slow(project, image, *, quick=False):
        gate.wait(60)
        return load(project, image, quick=quick)

    monkeypatch.setattr(pictures, "load_picture", slow)
    ids = hand.page.navigator.ids
    hand.page.pictures.forget_all()
    did: list[int | None] = []

    def act() -> None:
        did.append(hand.canvas.image_id)

    hand.press(KEY.Key_D)
    hand.page.later(act)  # meant for the second, which is on its way
    hand.press(KEY.Key_D)
    gate.set()
    hand.settle(lambda: hand.canvas.image_id == ids[2])
    assert did == []
    hand.press(KEY.Key_D)
    hand.page.later(act)
    hand.settle(lambda: hand.canvas.image_id == ids[3])
    assert did == [ids[3]]


def test_a_label_for_an_image_that_cannot_be_shown_is_refused_in_words(hand) -> None:
    project, ids = hand.driver.context.project, hand.page.navigator.ids
    said: list[str] = []
    hand.driver.context.status_text.connect(said.append)
    image_path(project, ids[1]).unlink()
    hand.page.pictures.forget([ids[1]])
    hand.press(KEY.Key_D)
    hand.settle(lambda: middle(hand) == "labelEmpty")
    hand.page.labelling.add(1)
    hand.driver.settle()
    assert said[-1] == "There is no image here to label."


def test_a_person_is_given_the_image_it_was_typed_for(hand) -> None:
    from PySide6.QtTest import QTest

    from tlstudio.services.images import image_rows

    project, ids = hand.driver.context.project, hand.page.navigator.ids
    line = hand.page.review._person.lineEdit()
    line.setFocus()
    QTest.keyClicks(line, "Bob")
    hand.page.navigator.step(1)
    hand.settle(lambda: hand.canvas.image_id == ids[1])
    hand.driver.settle()
    first, second = image_rows(project, ids[:2])
    assert (first.assignee, second.assignee) == ("Bob", None)
