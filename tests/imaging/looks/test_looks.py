"""Learning looks and giving them to images."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.looks import METHODS, Look, apply_look, learn_look
from tlstudio.imaging.looks.colour import to_lab
from tlstudio.imaging.looks.stains import KNOWN

Floats = NDArray[np.float32]


def photo(seed: int, low: float = 0.2, high: float = 0.8) -> Floats:
    rng = np.random.default_rng(seed)
    base = rng.uniform(low, high, 3)
    return np.clip(base + rng.normal(0, 0.06, (40, 36, 3)), 0.02, 0.98).astype(np.float32)


def slide(
    seed: int,
    vectors: NDArray[np.float64] = KNOWN,
    most: tuple[float, float] = (1.2, 0.8),
    white: float = 0.5,
) -> Floats:
    """Stained tissue with known stains: some of haematoxylin, some of eosin, some of both."""
    rng = np.random.default_rng(seed)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    side = 120
    amounts = rng.uniform(0.35, 1.0, (side, side, 2)) * most
    kind = rng.integers(0, 3, (side, side))
    amounts[kind == 0, 1] *= 0.02
    amounts[kind == 1, 0] *= 0.02
    amounts[: int(side * white)] = 0
    made = np.exp(-amounts @ unit)
    noise = rng.normal(0, 0.004, made.shape) * (amounts.sum(-1, keepdims=True) > 0)
    return np.clip(made + noise, 0, 1).astype(np.float32)


def subject(method: str, seed: int) -> Floats:
    return slide(seed, most=(0.9 + seed % 5 / 10, 0.7)) if method == "macenko" else photo(seed)


def degrees(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (a, b))
    return np.degrees(np.arccos(np.clip((a * b).sum(axis=1), -1, 1)))


# what holds for every method


@pytest.mark.parametrize("method", METHODS)
@given(st.integers(0, 50))
@settings(max_examples=8, deadline=None)
def test_an_image_with_its_own_look_stays_as_it_is(method: str, seed: int) -> None:
    pixels = subject(method, seed)
    made = apply_look(pixels, learn_look([pixels], method))
    assert made.dtype == np.float32 and made.shape == pixels.shape
    assert np.abs(made - pixels).max() < 2e-4


@pytest.mark.parametrize("method", METHODS)
@given(st.integers(0, 50))
@settings(max_examples=8, deadline=None)
def test_giving_a_look_twice_is_giving_it_once(method: str, seed: int) -> None:
    look = learn_look([subject(method, 1000 + seed)], method)
    once = apply_look(subject(method, seed), look)
    assert np.abs(apply_look(once, look) - once).mean() < 0.01


@pytest.mark.parametrize("method", METHODS)
@given(st.integers(0, 50), st.floats(0.05, 1))
@settings(max_examples=8, deadline=None)
def test_values_stay_in_range_and_strength_mixes(method: str, seed: int, strength: float) -> None:
    pixels, look = subject(method, seed), learn_look([subject(method, 1000 + seed)], method)
    whole, part = apply_look(pixels, look), apply_look(pixels, look, strength)
    assert 0 <= part.min() <= part.max() <= 1
    expected = pixels + strength * (whole - pixels)
    assert np.abs(part - expected).max() < 1e-5
    assert apply_look(pixels, look, 0.0) is pixels
    assert np.array_equal(pixels, subject(method, seed)), "what is given is not written into"


@pytest.mark.parametrize("method", METHODS)
def test_a_look_survives_json(method: str) -> None:
    look = learn_look([subject(method, s) for s in (1, 2, 3)], method)
    again = Look.from_json(json.loads(json.dumps(look.to_json())))
    assert again.method == method and again.images == 3
    pixels = subject(method, 9)
    assert np.array_equal(apply_look(pixels, again), apply_look(pixels, look))


@pytest.mark.parametrize("facts", [{}, {"version": 1}, {"version": 2, "method": "lab"}, None, []])
def test_what_is_no_look_is_refused(facts: Any) -> None:
    with pytest.raises(UserError) as caught:
        Look.from_json(facts)
    assert caught.value.code == "look.unknown"


@pytest.mark.parametrize("method", METHODS)
def test_a_look_needs_an_image(method: str) -> None:
    with pytest.raises(UserError) as caught:
        learn_look([], method)
    assert caught.value.code == "look.no_images"


@pytest.mark.parametrize("method", METHODS)
def test_with_the_look_of_its_site_given_images_keep_how_they_differ(method: str) -> None:
    """Site A is darker than site B; a bright image of A stays brighter than a dark one."""
    if method == "macenko":
        theirs = [slide(s, most=(m, 0.6)) for s, m in enumerate((0.7, 1.0, 1.3))]
        others = [slide(s + 9, most=(m, 0.9)) for s, m in enumerate((1.0, 1.4, 1.8))]
    else:
        theirs = [np.clip(photo(7) * f, 0, 1) for f in (0.5, 0.6, 0.7)]
        others = [np.clip(photo(8) * f, 0, 1) for f in (0.8, 0.9, 1.0)]
    source, look = learn_look(theirs, method), learn_look(others, method)
    apart = abs(float(theirs[0].mean() - theirs[2].mean()))
    together, alone = (
        [float(apply_look(each, look, source=given).mean()) for each in (theirs[0], theirs[2])]
        for given in (source, None)
    )
    assert abs(together[0] - together[1]) > 0.5 * apart
    assert abs(alone[0] - alone[1]) < 0.3 * abs(together[0] - together[1])


@pytest.mark.parametrize("method", ["lab", "histogram"])
@pytest.mark.parametrize("reference", ["grey", "colour"])
def test_grey_images_stay_grey(method: str, reference: str) -> None:
    pixels = np.repeat(photo(1)[..., :1], 3, axis=2)
    other = photo(2) if reference == "colour" else np.repeat(photo(2)[..., :1], 3, axis=2)
    made = apply_look(pixels, learn_look([other], method))
    assert np.array_equal(made[..., 0], made[..., 1]) and np.array_equal(made[..., 0], made[..., 2])
    assert not np.array_equal(made, pixels)
    order = np.argsort(pixels[..., 0].ravel())
    assert (np.diff(made[..., 0].ravel()[order]) >= -1e-6).all(), "brighter stays brighter"


# each method against its own definition


def test_lab_gives_the_means_and_spreads_of_the_reference() -> None:
    """By hand in float64, with OpenCV-free formulas of the reference's statistics."""
    pixels, other = photo(3, 0.4, 0.6), photo(4, 0.4, 0.6)
    made = apply_look(pixels, learn_look([other], "lab"))
    found, wanted = (to_lab(each.astype(np.float64)).reshape(-1, 3) for each in (made, other))
    assert found.mean(axis=0) == pytest.approx(wanted.mean(axis=0), abs=0.05)
    assert found.std(axis=0) == pytest.approx(wanted.std(axis=0), rel=0.02)
    lab = to_lab(pixels.astype(np.float64)).reshape(-1, 3)
    by_hand = (lab - lab.mean(0)) / lab.std(0) * wanted.std(0) + wanted.mean(0)
    assert np.abs(found - by_hand).max() < 0.1


def test_a_flat_image_is_shifted_but_its_noise_is_not_stretched() -> None:
    flat = np.full((20, 20, 3), 0.5, np.float32)
    made = apply_look(flat, learn_look([photo(4)], "lab"))
    assert np.abs(made - made[0, 0]).max() < 1e-6
    noisy = (flat + np.random.default_rng(0).normal(0, 1e-3, flat.shape)).astype(np.float32)
    assert apply_look(noisy, learn_look([photo(4)], "lab")).std(axis=(0, 1)).max() < 0.02


def test_histogram_gives_the_quantiles_of_the_reference() -> None:
    pixels, other = photo(3), photo(4)
    made = apply_look(pixels, learn_look([other], "histogram"))
    shares = np.linspace(0.01, 0.99, 50)
    for channel in range(3):
        found, wanted = (np.quantile(each[..., channel], shares) for each in (made, other))
        assert np.abs(found - wanted).max() < 0.01


def test_histogram_tells_sixteen_bits_apart_and_keeps_a_black_border_one_value() -> None:
    ramp = np.linspace(0.2, 0.6, 120 * 100).reshape(120, 100)
    deep = np.repeat(np.rint(ramp * 65535)[..., None] / 65535, 3, axis=2).astype(np.float32)
    deep[:30] = 0
    other = np.repeat(np.sqrt(ramp)[..., None], 3, axis=2).astype(np.float32)
    made = apply_look(deep, learn_look([other], "histogram"))
    assert len(np.unique(made[:30])) == 1
    values = len(np.unique(np.rint(made[30:] * 65535)))
    assert values > 0.9 * len(np.unique(np.rint(deep[30:] * 65535)))


def test_a_grey_reference_changes_a_colour_image_by_one_curve() -> None:
    grey = np.repeat(photo(5)[..., :1], 3, axis=2)
    pixels = photo(6)
    pixels[..., 1] = pixels[..., 0]
    made = apply_look(pixels, learn_look([grey], "histogram"))
    assert np.array_equal(made[..., 0], made[..., 1]), "equal channels had equal curves"


@pytest.mark.parametrize("white", [0.0, 0.5, 0.95])
@pytest.mark.parametrize(
    "vectors",
    [KNOWN, np.array([[0.55, 0.76, 0.35], [0.22, 0.80, 0.56]])],
    ids=["ruifrok", "another_lab"],
)
def test_known_stains_are_found_whatever_is_white(white: float, vectors: Any) -> None:
    look = learn_look([slide(1, vectors, white=white)], "macenko")
    assert degrees(look.statistics["vectors"], vectors).max() < 3.0
    assert look.statistics["amounts"] == pytest.approx([1.2, 0.8], rel=0.1)


def test_a_slide_gets_the_other_labs_colours_and_its_white_stays_white() -> None:
    theirs = np.array([[0.55, 0.76, 0.35], [0.22, 0.80, 0.56]])
    pixels = slide(1, most=(1.0, 0.6))
    made = apply_look(pixels, learn_look([slide(2, theirs, most=(1.4, 0.9))], "macenko"))
    assert (made[:60] == 1).all()
    # The same amounts by the other lab, made independently of the method.
    expected = slide(1, theirs, most=(1.4, 0.9))
    assert np.abs(made[60:] - expected[60:]).mean() < 0.015
    assert np.abs(pixels[60:] - expected[60:]).mean() > 0.06


def test_a_pigment_is_kept() -> None:
    pixels = slide(1)
    pixels[100:104, 100:104] = (0.9, 0.6, 0.1)  # neither stain
    made = apply_look(pixels, learn_look([slide(2)], "macenko"))
    assert np.abs(made[101, 101] - pixels[101, 101]).max() < 0.08


def empty_slide() -> Floats:
    rng = np.random.default_rng(0)
    return np.clip(rng.normal(0.96, 0.01, (60, 60, 3)), 0, 1).astype(np.float32)


def radiograph() -> Floats:
    return np.repeat(photo(1)[..., :1], 3, axis=2)


def sky_and_sand() -> Floats:
    made = np.empty((60, 60, 3), np.float32)
    made[:30], made[30:] = (0.3, 0.5, 0.9), (0.8, 0.7, 0.3)
    return made


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (empty_slide, "look.no_tissue"),
        (radiograph, "look.no_tissue"),
        (sky_and_sand, "look.other_stains"),
        (lambda: slide(1, np.array([KNOWN[0], KNOWN[0]])), "look.other_stains"),
    ],
    ids=["empty", "grey", "landscape", "one stain"],
)
def test_what_is_no_stained_tissue_is_said(picture: Any, code: str) -> None:
    with pytest.raises(UserError) as caught:
        learn_look([picture()], "macenko")
    assert caught.value.code == code
    with pytest.raises(UserError):
        apply_look(picture(), learn_look([slide(1)], "macenko"))


def test_slides_without_tissue_do_not_count_among_others() -> None:
    alone = learn_look([slide(1)], "macenko").statistics
    among = learn_look([empty_slide(), slide(1), empty_slide()], "macenko").statistics
    assert np.allclose(alone["vectors"], among["vectors"])


def test_a_large_image_is_measured_by_some_of_its_pixels() -> None:
    small = photo(1)
    large = np.tile(small, (40, 40, 1))
    for method in ("lab", "histogram"):
        one, other = (learn_look([each], method).statistics for each in (small, large))
        for name in one:
            assert one[name] == pytest.approx(other[name], abs=0.35 if method == "lab" else 0.03)
