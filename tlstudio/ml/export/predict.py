#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
# ruff: noqa: B905, UP  (this file runs on Python 3.9, outside of TL Studio)
"""Ask the model in this folder about images. Made by TL Studio.

    pip install onnxruntime numpy pillow
    python predict.py picture.jpg folder_of_pictures
    python predict.py --out answers.csv folder_of_pictures
    python predict.py --json picture.jpg
    python predict.py --check

It needs Python 3.9 or newer, onnxruntime, numpy and Pillow, and the files beside it. An image is
prepared exactly as it was while the model learned; bundle.json says how, in words for machines.
--check runs the sample image and compares the answer with the one TL Studio expected.

Exit status: 0 fine, 1 the check failed, 2 some image or the bundle could not be read.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

IMAGE_ENDINGS = (
    ".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo",
    ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp",
)  # fmt: skip
BATCH = 8
BUNDLE_VERSION = 2


class Trouble(Exception):
    """Something the person at the keyboard can mend; its text says what."""


try:
    import numpy as np
    import onnxruntime
    from PIL import Image, UnidentifiedImageError
except ImportError as missing:  # said in one line, not as a traceback
    sys.exit(f"error: {missing.name} is not installed; type: pip install onnxruntime numpy pillow")


PIXEL_LIMIT = 400000000
FORMATS = ("JPEG", "MPO", "PNG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
Image.MAX_IMAGE_PIXELS = None  # PIXEL_LIMIT is checked instead


# --- from a file to the numbers that the model sees ---------------------------------------------


def read_image(path: Path) -> Image.Image:
    """The first frame in `path`, turned upright by its EXIF, in the mode it was stored in."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=known_formats()) as image:
                if image.width * image.height > PIXEL_LIMIT:
                    raise Trouble(f"{path}: has more than {PIXEL_LIMIT // 10**6} million pixels")
                image.load()
                turn = TURNS.get(orientation_of(image))
                return image.copy() if turn is None else image.transpose(turn)
    except Trouble:
        raise
    except FileNotFoundError:
        raise Trouble(f"{path}: there is no such file") from None
    except UnidentifiedImageError:
        raise Trouble(f"{path}: is not an image of a known format") from None
    except Exception as reason:  # decoders raise whatever they like over damaged files
        raise Trouble(f"{path}: cannot be read as an image ({reason})") from None


def known_formats() -> list[str]:
    """Those of FORMATS that this Pillow can read."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 where it is absent or senseless."""
    try:
        value = int(image.getexif().get(0x0112, 1))
        return value if value in TURNS else 1
    except Exception:  # broken metadata never costs the image
        return 1


def read_values(path: Path) -> np.ndarray:
    """[height, width] grey or [height, width, 3] colour: uint8, uint16 or float32, the values
    that the file holds, transparency over white."""
    image = read_image(path)
    if image.mode in DEEP_MODES:
        return deep_values(image)
    if image.mode in ("L", "1") and "transparency" not in image.info:
        return np.asarray(image.convert("L"))
    return np.asarray(to_rgb(image))


def deep_values(image: Image.Image) -> np.ndarray:
    """uint16 where all values fit in, else float32."""
    values = np.asarray(image)
    if values.dtype.kind == "u":
        return values.astype(np.uint16)
    if values.dtype.kind == "i" and values.min() >= 0 and values.max() <= 65535:
        return values.astype(np.uint16)
    return values.astype(np.float32)


def to_rgb(image: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue, transparency over white."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in ("RGBA", "LA", "La", "PA", "RGBa") or "transparency" in image.info:
        whole = image.convert("RGBA")
        page = Image.new("RGB", whole.size, (255, 255, 255))
        page.paste(whole, mask=whole.getchannel("A"))
        return page
    return image.convert("RGB")


def limits(values: np.ndarray, window: dict[str, Any]) -> tuple[float, float]:
    """The raw values that become 0 and 1, by the window's kind.

    auto and file: 8 bits as they are, deeper ones as percentiles; full: all that the bits can
    hold, of floating point all that is there; fixed: low to high.
    """
    kind, deep = window["kind"], values.dtype != np.uint8
    if kind == "fixed":
        return float(window["low"]), float(window["high"])
    if kind == "percentiles" or (deep and kind in ("auto", "file")):
        return percentiles(values)
    if values.dtype.kind == "u":
        return 0.0, float(np.iinfo(values.dtype).max)
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def percentiles(values: np.ndarray) -> tuple[float, float]:
    """The 0.5 and 99.5 percentiles over every n-th finite value, about a million of them; the
    whole range where they are the same."""
    pixels = values.reshape(-1, values.shape[2]) if values.ndim == 3 else values.ravel()
    sample = pixels[:: max(1, values.size // 1000000)].ravel()
    if sample.dtype.kind == "f":
        sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return 0.0, 0.0
    low, high = (float(v) for v in np.percentile(sample, (0.5, 99.5)))
    return (low, high) if high > low else (float(sample.min()), float(sample.max()))


def stretched(values: np.ndarray, low: float, high: float, white: float) -> np.ndarray:
    """float32 from 0 (low) to white (high), cut off there; what is no number is 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = values.astype(np.float32)
        scaled -= np.float32(low)
        scaled *= np.float32(white / (high - low) if high > low else 0.0)
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=white, neginf=0.0)
    np.clip(scaled, 0, np.float32(white), out=scaled)
    return scaled


def see(values: np.ndarray, rules: dict[str, Any]) -> np.ndarray:
    """Through the window: uint8 where it changes nothing, else float32 in 0..1."""
    if rules["steps"] == "squash-1":  # models of older versions saw 8 bits and no more
        if values.dtype == np.uint8:
            return values
        flat: np.ndarray = np.rint(stretched(values, *percentiles(values), 255.0))
        return flat.astype(np.uint8)
    low, high = limits(values, rules["window"])
    if values.dtype == np.uint8 and (low, high) == (0, 255):
        return values
    return stretched(values, low, high, 1.0)


def resized(seen: np.ndarray, side: int, method: Any) -> np.ndarray:
    """The whole of it as a square; floating point channel by channel."""
    if seen.dtype == np.uint8:
        return np.asarray(Image.fromarray(seen).resize((side, side), method))

    def one(channel: np.ndarray) -> np.ndarray:
        whole = Image.fromarray(np.ascontiguousarray(channel))
        return np.asarray(whole.resize((side, side), method)).clip(0, 1)

    if seen.ndim == 2:
        return one(seen)
    return np.stack([one(seen[..., c]) for c in range(3)], axis=-1)


def prepare(values: np.ndarray, rules: dict[str, Any]) -> np.ndarray:
    """float32 [3, side, side] from a picture's values, by the rules of bundle.json."""
    methods = {
        "bilinear": Image.Resampling.BILINEAR,
        "bicubic": Image.Resampling.BICUBIC,
        "lanczos": Image.Resampling.LANCZOS,
    }
    square = resized(see(values, rules), rules["size"], methods[rules["resize"]])
    if square.ndim == 2:
        square = np.repeat(square[..., np.newaxis], 3, axis=2)
    unit = square / np.float32(255) if square.dtype == np.uint8 else square
    scaled = (unit - np.float32(rules["mean"])) / np.float32(rules["std"])
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), dtype=np.float32)


# --- the model ----------------------------------------------------------------------------------


class Model:
    """The bundle in `folder`, ready to answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts = self._read_json("bundle.json")
        if self.facts.get("format") != "tlstudio-bundle":
            raise Trouble(f"{self.folder / 'bundle.json'}: this is no bundle of TL Studio")
        if self.facts.get("version") != BUNDLE_VERSION:
            raise Trouble(
                f"{self.folder / 'bundle.json'}: bundle version {self.facts.get('version')};"
                f" this predict.py reads version {BUNDLE_VERSION}"
            )
        self.labels = [label["name"] for label in self.facts["labels"]]
        self.rules = self.facts["preprocessing"]
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        file = self.folder / self.facts["onnx"]["file"]
        try:
            self.session = onnxruntime.InferenceSession(
                file.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except FileNotFoundError:
            raise Trouble(f"{file}: there is no such file") from None
        except Exception as reason:
            raise Trouble(f"{file}: cannot be read as a model ({reason})") from None
        self.input = self.session.get_inputs()[0].name
        self.output = self.session.get_outputs()[0].name

    def prepare(self, path: Path, window: dict[str, Any] | None = None) -> np.ndarray:
        """What the model sees of the image in `path`: float32 [3, side, side]. `window` takes
        the place of the model's own."""
        rules = self.rules if window is None else {**self.rules, "window": window}
        return prepare(read_values(path), rules)

    def probabilities(self, prepared: list[np.ndarray]) -> np.ndarray:
        """float32 [images, labels]; every row adds up to 1."""
        batch = np.stack(prepared)
        answer: np.ndarray = self.session.run([self.output], {self.input: batch})[0]
        return answer

    def answer(self, probabilities: np.ndarray) -> dict[str, Any]:
        """The most probable label and how sure the model is, with all probabilities."""
        best = int(np.argmax(probabilities))
        return {
            "label": self.labels[best],
            "confidence": float(probabilities[best]),
            "probabilities": {n: float(p) for n, p in zip(self.labels, probabilities)},
        }

    def check(self) -> tuple[bool, str]:
        """(whether the sample's answer is as expected, a line that says so)."""
        for name, told in self.facts["files"].items():
            content = self._read_bytes(name)
            if hashlib.sha256(content).hexdigest() != told["sha256"]:
                return False, f"{name} was changed after the export"
        told = self._read_json("expected.json")
        expected = np.array([told["probabilities"][name] for name in self.labels])
        sample = self.prepare(self.folder / told["image"], told["window"])
        got = self.probabilities([sample])[0]
        difference = float(np.max(np.abs(got - expected)))
        fine = difference <= told["tolerance"]  # false for NaN as well
        said = f"{told['image']}: {self.answer(got)['label']}, expected {told['label']};"
        said += f" largest difference {difference:.2g}, {told['tolerance']:g} is allowed"
        return fine, said

    def _read_bytes(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as reason:
            raise Trouble(f"{self.folder / name}: {reason.strerror}") from None

    def _read_json(self, name: str) -> Any:
        try:
            return json.loads(self._read_bytes(name).decode("utf-8"))
        except ValueError:
            raise Trouble(f"{self.folder / name}: is damaged") from None


# --- the command --------------------------------------------------------------------------------


def find_images(paths: Iterable[str]) -> Iterator[Path]:
    """The images named, and those in the folders named and below, in order."""
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_ENDINGS)
            if not inside:
                raise Trouble(f"{path}: there are no images in this folder")
            yield from inside
        else:
            yield path


def predict(
    model: Model, paths: Iterable[str], complain: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Yield an answer per readable image; `complain` is told about the others."""
    waiting: list[tuple[Path, np.ndarray]] = []

    def ask() -> Iterator[dict[str, Any]]:
        told = model.probabilities([prepared for _, prepared in waiting])
        for (path, _), row in zip(waiting, told):
            yield dict(image=str(path), **model.answer(row))
        waiting.clear()

    for path in find_images(paths):
        try:
            waiting.append((path, model.prepare(path)))
        except Trouble as trouble:
            complain(str(trouble))
            continue
        if len(waiting) == BATCH:
            yield from ask()
    if waiting:
        yield from ask()


def write_table(answers: list[dict[str, Any]], labels: list[str], file: TextIO) -> None:
    """One line per image: image, label, confidence, then the probability of every label."""
    table = csv.writer(file)
    table.writerow(["image", "label", "confidence", *labels])
    for answer in answers:
        shares = [f"{answer['probabilities'][name]:.6f}" for name in labels]
        table.writerow([answer["image"], answer["label"], f"{answer['confidence']:.6f}", *shares])


def read_arguments(words: list[str] | None) -> argparse.Namespace:
    first, _, rest = (__doc__ or "").partition("\n\n")
    reader = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("images", nargs="*", metavar="IMAGE_OR_FOLDER")
    reader.add_argument("--json", action="store_true", help="print the answers as JSON")
    reader.add_argument("--out", metavar="FILE.csv", help="write the answers as a table")
    reader.add_argument("--check", action="store_true", help="compare the sample's answer")
    given = reader.parse_args(words)
    if not given.check and not given.images:
        reader.error("name images or folders, or type --check")
    return given


def run(given: argparse.Namespace) -> int:
    model = Model(Path(__file__).resolve().parent)
    if given.check:
        fine, said = model.check()
        print(json.dumps({"passed": fine, "message": said}) if given.json else said)
        if not given.json:
            print("the check passed" if fine else "THE CHECK FAILED: do not use this bundle")
        if not fine or not given.images:
            return 0 if fine else 1
    unread: list[str] = []

    def complain(line: str) -> None:
        unread.append(line)
        print("error: " + line, file=sys.stderr)

    answers = list(predict(model, given.images, complain))
    if given.out:
        try:
            with Path(given.out).open("w", newline="", encoding="utf-8") as file:
                write_table(answers, model.labels, file)
        except OSError as reason:
            raise Trouble(f"{given.out}: {reason.strerror}") from None
    if given.json:
        print(json.dumps({"predictions": answers}, ensure_ascii=False, indent=1))
    elif not given.out:
        for answer in answers:
            print(f"{answer['image']}: {answer['label']} ({100 * answer['confidence']:.1f} %)")
    return 2 if unread else 0


def main(words: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return run(read_arguments(words))
    except Trouble as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
