"""A bundle is whole, checked, says what is in it, and never takes the place of other files."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.export import export, folder, onnx, parity
from tlstudio.ml.export.exporting import load_trained
from tlstudio.ml.reporter import Reporter

Make = Callable[..., JobSpec]

CONTENTS = [
    "MODEL_CARD.md", "README.txt", "bundle.json", "expected.json", "model.onnx", "parity.json",
    "predict.py", "read_dicom.py", "read_images.py", "read_tiff.py", "sample.png",
]  # fmt: skip


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def ask(bundle: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(bundle / "predict.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def test_the_bundle_is_whole_and_passes(export_job: Make, tmp_path: Path) -> None:
    out = tmp_path / "new" / "bundle"
    answer = export(export_job(out), Reporter())
    assert answer["bundle"] == str(out)
    assert answer["files"] == CONTENTS == sorted(p.name for p in out.iterdir())
    told = answer["parity"]["onnx"]
    assert told["passed"]
    assert told["n"] == 19
    assert told["max_diff"] < 1e-5
    assert (told["top_differs"], told["inputs_differ"], told["skipped"]) == (0, 0, 0)
    assert read(out / "parity.json") == answer["parity"]
    facts = read(out / "bundle.json")
    assert set(facts["files"]) == set(CONTENTS) - {"bundle.json"}
    for name, said in facts["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == said["sha256"]
    assert [(i["index"], i["id"], i["name"]) for i in facts["labels"]] == [
        (0, 3, "pale"),
        (1, 7, "naïve | other"),
        (2, 9, "dark"),
    ]
    assert list(out.parent.iterdir()) == [out]


def test_answers_outside_are_those_of_the_trained_model(
    export_job: Make, run_folder: Path, images: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    job = export_job(out)
    export(job, Reporter())
    trained, _ = load_trained(run_folder, job.params["labels"])
    squares = [trained.transform.read(p) for p in images]
    ours = parity.answer_of(trained.classifier, trained.transform, squares)
    done = ask(out, "--json", str(images[0].parent))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["predictions"]
    assert [Path(t["image"]).name for t in told] == [p.name for p in images]
    theirs = np.array([list(t["probabilities"].values()) for t in told])
    np.testing.assert_allclose(theirs, ours, atol=1e-5)
    assert np.ptp(ours, axis=0).max() > 0.05  # a model that says the same of all proves nothing
    names = [label["name"] for label in trained.labels]
    assert [t["label"] for t in told] == [names[i] for i in ours.argmax(axis=1)]


def test_check_notices_a_changed_model_and_a_changed_sample(
    export_job: Make, tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    export(export_job(out), Reporter())
    done = ask(out, "--check")
    assert (done.returncode, "passed" in done.stdout) == (0, True), done.stderr
    whole = (out / "sample.png").read_bytes()
    Image.new("RGB", (64, 64), "green").save(out / "sample.png")
    done = ask(out, "--check")
    assert (done.returncode, "FAILED" in done.stdout) == (1, True)
    assert "sample.png was changed" in done.stdout
    (out / "sample.png").write_bytes(whole)
    expected = read(out / "expected.json")
    expected["probabilities"]["pale"] += 0.01
    (out / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
    facts = read(out / "bundle.json")
    facts["files"].pop("expected.json")
    (out / "bundle.json").write_text(json.dumps(facts), encoding="utf-8")
    done = ask(out, "--check")
    assert done.returncode == 1
    assert "largest difference 0.01" in done.stdout


def test_a_table_and_files_that_are_no_images(export_job: Make, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    export(export_job(out), Reporter())
    (tmp_path / "pictures" / "broken.png").write_bytes(b"nothing")
    done = ask(out, "--out", str(tmp_path / "answers.csv"), str(tmp_path / "pictures"))
    assert done.returncode == 2
    assert "broken.png" in done.stderr
    assert "Traceback" not in done.stderr
    lines = (tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "image,label,confidence,pale,naïve | other,dark"
    assert len(lines) == 20
    assert ask(out).returncode == 2
    assert "no such file" in ask(out, str(tmp_path / "gone.png")).stderr


def test_a_model_that_differs_never_gets_the_asked_place(
    export_job: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export_another(model: torch.nn.Module, size: int, path: Path) -> None:
        for parameter in model.head.parameters():
            parameter.data.add_(
                torch.linspace(0, 1, len(parameter)).reshape(-1, *[1] * (parameter.dim() - 1))
            )
        onnx.export_onnx(model, size, path)
        for parameter in model.head.parameters():
            parameter.data.sub_(
                torch.linspace(0, 1, len(parameter)).reshape(-1, *[1] * (parameter.dim() - 1))
            )

    out = tmp_path / "bundle"
    export(export_job(out), Reporter())
    before = (out / "bundle.json").read_bytes()
    monkeypatch.setattr("tlstudio.ml.export.classifier.export_onnx", export_another)
    answer = export(export_job(out), Reporter())
    assert not answer["parity"]["onnx"]["passed"]
    assert answer["bundle"] == str(tmp_path / "bundle-failed")
    assert "DO NOT USE" in (tmp_path / "bundle-failed" / "MODEL_CARD.md").read_text("utf-8")
    assert (out / "bundle.json").read_bytes() == before


def test_a_difference_in_preprocessing_is_found(
    export_job: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlstudio.ml.export import bundle

    describe = bundle._describe

    def wrongly(trained: Any) -> dict[str, Any]:
        told = describe(trained)
        told["preprocessing"]["mean"] = [0.5, 0.5, 0.5]
        return told

    monkeypatch.setattr(bundle, "_describe", wrongly)
    answer = export(export_job(tmp_path / "bundle"), Reporter())
    assert answer["parity"]["onnx"]["inputs_differ"] == 19
    assert not answer["parity"]["onnx"]["passed"]


def test_other_peoples_files_are_never_replaced(export_job: Make, tmp_path: Path) -> None:
    out = tmp_path / "holiday"
    out.mkdir()
    (out / "photo.jpg").write_bytes(b"dear")
    with pytest.raises(UserError) as refused:
        export(export_job(out), Reporter())
    assert refused.value.code == "bundle.not_empty"
    assert [p.name for p in out.iterdir()] == ["photo.jpg"]
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(UserError) as refused:
        folder.check_target(file)
    assert refused.value.code == "bundle.not_a_folder"


def test_an_older_bundle_is_replaced_whole(export_job: Make, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    out.mkdir()
    export(export_job(out), Reporter())
    (out / "model.int8.onnx").write_bytes(b"old")
    export(export_job(out), Reporter())
    assert sorted(p.name for p in out.iterdir()) == CONTENTS
    assert not list(tmp_path.glob(".bundle.*"))


def test_calling_off_leaves_nothing(export_job: Make, tmp_path: Path) -> None:
    reporter = Reporter()
    reporter.orders.cancel.set()
    with pytest.raises(Cancelled):
        export(export_job(tmp_path / "there" / "bundle"), reporter)
    assert list((tmp_path / "there").iterdir()) == []


def test_a_full_disk_is_said_in_plain_words(
    export_job: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(UserError, match="No space left on device") as refused:
        export(export_job(tmp_path / "there" / "bundle"), Reporter())
    assert refused.value.code == "bundle.unwritable"
    assert list((tmp_path / "there").iterdir()) == []


def test_without_a_sample_no_image_of_the_project_travels(
    export_job: Make, tmp_path: Path, images: list[Path]
) -> None:
    out = tmp_path / "bundle"
    export(export_job(out, sample=False), Reporter())
    facts = read(out / "bundle.json")
    assert facts["sample"]["kind"] == "pattern"
    with Image.open(out / "sample.png") as shown, Image.open(images[0]) as kept:
        assert shown.size == (256, 256) != kept.size
    assert ask(out, "--check").returncode == 0


def test_the_sample_carries_pixels_and_nothing_else(
    export_job: Make, tmp_path: Path, images: list[Path]
) -> None:
    from PIL.PngImagePlugin import PngInfo

    secret = PngInfo()
    secret.add_text("Patient", "Ada Example")
    exif = Image.Exif()
    exif[0x010E] = "Ada Example"
    with Image.open(images[0]) as picture:
        picture.convert("RGB").save(images[0], pnginfo=secret, exif=exif)
    out = tmp_path / "bundle"
    export(export_job(out), Reporter())
    whole = b"".join(p.read_bytes() for p in out.iterdir())
    for word in (b"Ada Example", b"bild 00", str(tmp_path).encode()):
        assert word not in whole


def test_images_that_are_gone_are_counted_and_none_left_is_refused(
    export_job: Make, tmp_path: Path, images: list[Path]
) -> None:
    images[0].unlink()
    answer = export(export_job(tmp_path / "bundle"), Reporter())
    assert (answer["parity"]["onnx"]["n"], answer["parity"]["onnx"]["skipped"]) == (18, 1)
    with pytest.raises(UserError) as refused:
        export(export_job(tmp_path / "other", items=[]), Reporter())
    assert refused.value.code == "bundle.no_validation"
    with pytest.raises(UserError) as refused:
        export(export_job(tmp_path / "other", formats=["tflite"]), Reporter())
    assert refused.value.code == "bundle.format"


def test_the_card_gives_figures_with_intervals_and_says_what_is_missing(
    export_job: Make, tmp_path: Path
) -> None:
    job = export_job(tmp_path / "bundle")
    export(job, Reporter())
    card = (tmp_path / "bundle" / "MODEL_CARD.md").read_text("utf-8")
    assert "not evaluated" in card
    assert "not a medical device" in card
    assert "random weights" in card
    assert "naïve \\| other" in card
    job.params["facts"]["metrics"] = {
        "evaluation": {
            "split": "test",
            "images": 50,
            "groups": 12,
            "metrics": {"accuracy": 0.91, "auroc": None, "f1": 0.9},
            "intervals": {"accuracy": [0.812, 0.967], "f1": None},
            "methods": {"accuracy": "wilson", "auroc": "undefined", "f1": "too-few-groups"},
            "per_label": {
                "pale": {"images": 40, "recall": 0.9, "precision": None, "intervals": {}},
                "dark": {
                    "images": 10,
                    "recall": 0.7,
                    "precision": 0.8,
                    "intervals": {"recall": [0.4, 0.89]},
                },
            },
            "leaks": {"group": 2},
        }
    }
    export(job, Reporter())
    card = (tmp_path / "bundle" / "MODEL_CARD.md").read_text("utf-8")
    assert "| accuracy | 0.910 | 0.812 to 0.967 | Wilson |" in card
    assert "| f1 | 0.900 | none | too few groups for an interval |" in card
    assert "not defined" in card
    assert "| pale | 40 | 0.900 | not defined |" in card
    assert "| dark | 10 | 0.700 (0.400 to 0.890) | 0.800 |" in card
    assert "The test is not clean" in card


def test_only_the_official_weights_have_their_licence(
    export_job: Make, run_folder: Path, tmp_path: Path
) -> None:
    kept = read(run_folder / "best.json")
    spec = kept["model"]
    official = spec["weights"]

    def licences(label: str, sha256: str | None) -> str:
        kept["weights_used"] = {"kind": "file", "label": label, "sha256": sha256}
        (run_folder / "best.json").write_text(json.dumps(kept), encoding="utf-8")
        export(export_job(tmp_path / "bundle"), Reporter())
        card = (tmp_path / "bundle" / "MODEL_CARD.md").read_text("utf-8")
        assert f"It started from {label}." in card
        return card.partition("## Licences")[2]

    assert spec["weights_licence"] in licences(official["name"], None)
    assert spec["weights_licence"] in licences("renamed.pth", official["hash_prefix"] + "0" * 56)
    assert "not known to TL Studio" in licences("from a friend.pth", "ab" * 32)


def test_an_image_that_may_name_somebody_does_not_travel(export_job: Make, tmp_path: Path) -> None:
    job = export_job(tmp_path / "some")
    job.params["items"][0]["private"] = True
    export(job, Reporter())
    assert json.loads((tmp_path / "some" / "bundle.json").read_text())["sample"]["kind"] == "image"
    job = export_job(tmp_path / "none")
    for item in job.params["items"]:
        item["private"] = True
    export(job, Reporter())
    facts = json.loads((tmp_path / "none" / "bundle.json").read_text())
    assert facts["sample"]["kind"] == "pattern"
