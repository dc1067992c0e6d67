"""Where the image lies on the screen: nothing jumps, nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from tlstudio.ui.canvas.view import CLOSEST, FURTHEST, View

sizes = st.integers(1, 60_000)
ratios = st.sampled_from([1.0, 1.25, 1.5, 1.75, 2.0])
parts = st.floats(0.0, 1.0)


def view_of(width: int, height: int, viewport: tuple[int, int], ratio: float) -> View:
    view = View()
    view.set_viewport(*viewport, ratio)
    view.set_image(width, height)
    return view


views = st.builds(
    view_of, sizes, sizes, st.tuples(st.integers(60, 4000), st.integers(60, 3000)), ratios
)


@given(views, parts, parts, st.floats(0.01, 100))
def test_a_point_comes_back_from_the_screen(view: View, u: float, v: float, zoom: float) -> None:
    view.zoom_at(view.middle(), zoom)
    x, y = u * view.width, v * view.height
    back = view.to_image(view.to_screen(x, y))
    assert back == pytest.approx((x, y), abs=1e-6 * max(view.width, view.height))


@given(views, parts, parts, st.lists(st.floats(0.2, 5), min_size=1, max_size=6))
def test_what_is_under_the_cursor_stays_there_while_zooming(
    view: View, u: float, v: float, zooms: list[float]
) -> None:
    seen = view.visible()
    at = view.to_screen(seen[0] + u * seen[2], seen[1] + v * seen[3])
    before = view.to_image(at)
    for zoom in zooms:
        view.zoom_at(at, zoom)
        now = view.to_screen(*before)
        assert (now.x(), now.y()) == pytest.approx((at.x(), at.y()), abs=1e-3)


@given(views, st.lists(st.floats(0.01, 100), max_size=8))
def test_zoom_keeps_its_limits(view: View, zooms: list[float]) -> None:
    view.fit(0)
    fit = view.scale
    for zoom in zooms:
        view.zoom_at(QPointF(3, 5), zoom)
        assert view.scale >= min(fit * FURTHEST, 1 / view.ratio) * (1 - 1e-9)
        assert view.device_scale <= max(CLOSEST, fit * view.ratio) * (1 + 1e-9)


@given(views, st.lists(st.tuples(st.floats(-9000, 9000), st.floats(-9000, 9000)), max_size=6))
def test_panning_never_loses_the_image(view: View, ways: list[tuple[float, float]]) -> None:
    for dx, dy in ways:
        view.pan(dx, dy)
        x, y, w, h = view.visible()
        assert w > 0
        assert h > 0
        assert x >= 0
        assert y + h <= view.height + 1e-6


@given(views, st.tuples(st.floats(-300, 300), st.floats(-300, 300)))
def test_panning_goes_by_whole_device_pixels(view: View, way: tuple[float, float]) -> None:
    view.zoom_at(view.middle(), 1.37)
    left, top = view.left, view.top
    view.pan(*way)
    for moved in ((view.left - left) * view.ratio, (view.top - top) * view.ratio):
        held = view.left in _edges(view.width, view, 0) or view.top in _edges(view.height, view, 1)
        assert held or moved == pytest.approx(round(moved), abs=1e-4)


def _edges(length: int, view: View, axis: int) -> tuple[float, float]:
    stays = min(48.0, length * view.scale, view.viewport[axis])
    return view.viewport[axis] - stays, stays - length * view.scale


@given(views, st.floats(0, 20))
def test_fit_shows_everything(view: View, margin: float) -> None:
    view.zoom_at(QPointF(1, 1), 7)
    view.fit(margin)
    assert view.shows_all()
    assert view.fitted


def test_a_fit_leaves_the_rulers_their_room() -> None:
    view = view_of(400, 300, (800, 600), 1.0)
    view.set_inset(20)
    left, top, w, h = view.rect_to_screen((0, 0, 400, 300))
    assert left >= 20 and top >= 20
    assert left + w <= 800 and top + h <= 600
    view.set_inset(0)
    assert view.rect_to_screen((0, 0, 400, 300))[1] < 20


def test_one_to_one_is_one_device_pixel_for_each_image_pixel() -> None:
    view = view_of(4000, 3000, (1000, 700), 1.25)
    view.one_to_one()
    assert view.device_scale == pytest.approx(1.0)


def test_a_fitted_view_stays_fitted_when_the_window_grows() -> None:
    view = view_of(400, 300, (800, 600), 1.0)
    small = view.scale
    view.set_viewport(1600, 1200)
    assert view.scale > 1.9 * small
    assert view.shows_all()


def test_the_middle_stays_when_the_window_grows() -> None:
    view = view_of(4000, 3000, (800, 600), 1.0)
    view.zoom_at(QPointF(100, 90), 9)
    before = view.to_image(view.middle())
    view.set_viewport(1000, 500)
    assert view.to_image(view.middle()) == pytest.approx(before)


def test_the_next_image_of_the_same_size_keeps_the_place() -> None:
    view = view_of(4000, 3000, (800, 600), 1.0)
    view.zoom_at(QPointF(100, 90), 9)
    place = (view.scale, view.left, view.top)
    view.set_image(4000, 3000)
    assert (view.scale, view.left, view.top) == place
    view.set_image(3000, 4000)
    assert view.fitted


def test_every_change_is_told_by_the_version() -> None:
    view = view_of(400, 300, (800, 600), 1.0)
    seen = {view.version}
    for change in (
        lambda: view.zoom_at(QPointF(1, 1), 2),
        lambda: view.pan(3, 3),
        lambda: view.fit(),
        lambda: view.centre_on(10, 10),
        lambda: view.set_viewport(700, 500),
        lambda: view.fit_rect((10, 10, 20, 20)),
    ):
        change()
        assert view.version not in seen
        seen.add(view.version)


def test_without_an_image_nothing_happens() -> None:
    view = View()
    view.set_viewport(800, 600)
    view.zoom_at(QPointF(3, 3), 2)
    view.pan(5, 5)
    view.fit()
    assert view.empty
    assert view.visible() == (0.0, 0.0, 0.0, 0.0)
