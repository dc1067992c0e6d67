"""Every verb but those that train: keys, texts, exit statuses, errors in one line."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.cli.main import GROUPS, main, make_parser
from tlstudio.cli.verbs import reading
from tlstudio.domain.labels import LabelRole
from tlstudio.services.labelling import label_named

VERBS = (
    *("gui", "new", "info", "label", "undo", "redo", "import", "split", "duplicates", "relink"),
    *(
        "models",
        "weights",
        "recipe",
        "train",
        "resume",
        "runs",
        "evaluate",
        "predict",
        "compare",
        "site-check",
    ),
    *("export-model", "export-labels", "stylize", "match", "patient-key", "demo", "doctor"),
)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """`call("info", "p")` in this process, in tmp_path -> (what --json gives, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, status: int = 0) -> tuple[dict[str, Any], str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            found = main([str(a) for a in arguments] + ["--json"])
        assert found == status, (out.getvalue(), err.getvalue())
        [line] = out.getvalue().splitlines()
        return json.loads(line), err.getvalue()

    return run


@pytest.fixture
def project(call: Callable[..., Any], class_folder: Callable[..., Path]) -> str:
    class_folder({"bars": 12, "dots": 12}, size=16)
    call("new", "p.tlproj")
    call("import", "p.tlproj", "images")
    return "p.tlproj"


def test_help_has_a_sentence_for_each_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    lines = {line.split()[0]: line for line in text.splitlines() if line.startswith("    ")}
    assert set(VERBS) <= set(lines)
    for verb in VERBS:
        assert main([verb, "--help"]) == 0
        sentence = capsys.readouterr().out.split("\n\n")[1]
        assert sentence.strip().endswith("."), verb
    assert len(set(GROUPS)) == len(GROUPS) >= 7


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    import tlstudio

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tlstudio {tlstudio.__version__}\n"


def test_parser_knows_the_promised_options() -> None:
    def parse(line: str) -> argparse.Namespace:
        return make_parser().parse_args(line.split())

    args = parse(
        "train p --model m --task classification --from box --strategy full --epochs 3"
        " --time-limit 1.5 --image-size 64 --device cpu --seed 4 --weights run:r0001"
        " --set dropout=0.1 --set l2_sp=0.2"
    )
    assert (args.source_kind, args.settings) == ("box", ["dropout=0.1", "l2_sp=0.2"])
    parse("import p s --format csv --images d --split val --group-from folder:1 --copy")
    parse("import p s --reference --dry-run")
    parse("split p --val .2 --test .1 --by image --seed 3 --force")
    parse("evaluate p best --split val --allow-leaks")
    parse("predict p latest --images a b --out f.csv --write")
    parse("export-model p best --out d --formats onnx")
    parse("export-labels p --format coco --out d --images link")


def test_export_labels(call: Callable[..., Any], project: str, tmp_path: Path) -> None:
    found, _ = call("export-labels", project, "--format", "csv", "--out", "out")
    assert (found["images"], found["annotations"]) == (24, 24)
    assert set(found) == {"images", "annotations", "warnings"}
    assert {"code", "params", "message"} == set(found["warnings"][0])
    assert len((tmp_path / "out" / "annotations.csv").read_text().splitlines()) == 25
    again, err = call("export-labels", project, "--format", "csv", "--out", "out", status=2)
    assert again["error"]["code"] == "export.not_empty"
    assert err.splitlines()[-1].startswith("error: the folder")
    unknown, _ = call("export-labels", project, "--format", "pdf", "--out", "b", status=2)
    assert "coco" in unknown["error"]["message"]


def test_new_import_info(
    call: Callable[..., Any], class_folder: Callable[..., Path], tmp_path: Path
) -> None:
    class_folder({"bars": 3, "dots": 2}, size=16)
    (tmp_path / "images" / "bars" / "broken.png").write_bytes(b"no picture")
    made, _ = call("new", "p", "--labels", "extra, dots")
    assert made == {"project": str(tmp_path / "p.tlproj"), "task": "classification"}
    tried, _ = call("import", "p", "images", "--dry-run")
    assert tried["images"] == 5
    assert call("info", "p")[0]["images"] == 0
    found, err = call("import", "p", "images")
    assert (found["images_added"], found["annotations"]) == (5, 5)
    assert found["labels"] == {"bars": 3, "dots": 2}
    assert [Path(s["file"]).name for s in found["skipped"]] == ["broken.png"]
    assert found["skipped"][0]["reason"]
    assert err, "progress goes to stderr"
    info, _ = call("info", "p.tlproj")
    assert (info["images"], info["annotations"]) == (5, 5)
    assert info["labels"] == {"extra": 0, "dots": 2, "bars": 3}
    wanted = {"task", "images", "annotations", "kinds", "labels", "states", "splits", "groups"}
    assert wanted | {"runs"} <= set(info)


def test_labels(call: Callable[..., Any], project: str) -> None:
    assert call("label", "add", project, "rings", "spots")[0]["labels"]["rings"] == 0
    assert "hoops" in call("label", "rename", project, "rings", "hoops")[0]["labels"]
    assert "hoops" in call("label", "role", project, "hoops", "ignore")[0]["labels"]
    with reading(Path(project)) as opened:
        assert label_named(opened, "hoops").role is LabelRole.IGNORE
    assert call("label", "role", project, "hoops", "nothing", status=2)[0]["error"]
    merged, _ = call("label", "merge", project, "spots", "dots", "bars")
    assert merged == {"labels": {"bars": 24, "hoops": 0}}
    assert call("label", "delete", project, "hoops")[0] == {"labels": {"bars": 24}}
    refused, err = call("label", "delete", project, "nothing", status=2)
    assert refused["error"]["code"] == "project.no_label"
    assert err.splitlines()[-1].startswith("error: ")


def test_split_holds_a_site_out(call: Callable[..., Any], project: str) -> None:
    found, _ = call("split", project, "--hold-out", "folder:nowhere", status=2)
    assert found["error"]["code"] == "site.unknown"
    assert "bars" in found["error"]["message"]
    for more in (("--test", ".2"), ("--by", "image")):
        found, _ = call("split", project, "--hold-out", "folder:bars", *more, status=2)
        assert found["error"]["code"].startswith("site.")
    found, _ = call("split", project, "--hold-out", "folder:bars")
    assert found["site"] == "folder:bars"
    assert found["splits"]["test"] > 0 and found["splits"]["none"] == 0


def test_split_duplicates_relink_undo_redo(call: Callable[..., Any], project: str) -> None:
    found, _ = call("split", project, "--val", ".25", "--test", ".25")
    assert found["splits"] == {"train": 12, "val": 6, "test": 6, "none": 0}
    assert found["leaks"] == []
    assert set(call("duplicates", project)[0]) >= {"identical", "near", "leaks"}
    assert call("relink", project, ".")[0] == {"relinked": 0, "missing": []}
    undone, _ = call("undo", project)
    assert call("info", project)[0]["splits"] == {"none": 24}
    assert call("redo", project)[0]["redone"] == undone["undone"]
    assert call("info", project)[0]["splits"]["train"] == 12


def test_undo_with_nothing_to_undo(call: Callable[..., Any]) -> None:
    call("new", "q")
    assert call("undo", "q")[0] == {"undone": None}
    assert call("redo", "q")[0] == {"redone": None}


def test_models_and_recipe(call: Callable[..., Any]) -> None:
    rows = {row["id"]: row for row in call("models", "--task", "classification")[0]["models"]}
    row = rows["squeezenet1_1"]
    assert {"id", "task", "family", "params", "input", "licence", "weights"} <= set(row)
    assert row["weights"] == "absent"
    fields = {f["name"]: f for f in call("recipe", "--task", "classification")[0]["fields"]}
    assert fields["epochs"]["least"] == 1
    assert fields["strategy"]["choices"][-1] == "probe-then-finetune"
    assert fields["mirror"]["choices"] == ["auto", "yes", "no"]
    assert call("weights", "list")[0] == {"weights": []}


def test_runs_of_a_project_without_any(call: Callable[..., Any], project: str) -> None:
    assert call("runs", project)[0] == {"runs": []}
    for verb in ("evaluate", "predict", "resume"):
        assert call(verb, project, "latest", status=2)[0]["error"]["code"] == "project.no_runs"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("info nowhere", "project.missing"),
        ("info .", "project.missing"),
        ("new p.tlproj", "project.exists"),
        ("import p.tlproj nowhere", "data.source_missing"),
        ("import p.tlproj images --format klingon", "data.format_unknown"),
        ("split p.tlproj --val .9 --test .9", "data.split_fractions"),
        ("train p.tlproj --model squeezenet1_1", "weights.absent"),
        ("train p.tlproj --model squeezenet1_9", "weights.unknown_model"),
        ("train p.tlproj --model squeezenet1_1 --weights none --set epochs", "command.set"),
        ("train p.tlproj --model squeezenet1_1 --weights none --epochs 0", "recipe.value"),
        ("train p.tlproj --model squeezenet1_1 --weights none --set x=1", "recipe.unknown"),
        ("train p.tlproj --model alexnet --weights none --image-size 96", "recipe.size"),
        ("train p.tlproj", "command.usage"),
        ("frobnicate", "command.usage"),
        ("split p.tlproj --val much", "command.usage"),
        ("evaluate p.tlproj r0007", "project.no_run"),
    ],
)
def test_what_can_be_mended_is_one_line_and_status_two(
    call: Callable[..., Any], project: str, arguments: str, code: str
) -> None:
    found, err = call(*arguments.split(), status=2)
    assert set(found) == {"error"}
    assert found["error"]["code"] == code
    assert set(found["error"]) == {"code", "message", "file"}
    assert err.splitlines()[-1] == f"error: {found['error']['message']}"
    assert "Traceback" not in err
    assert "<" not in found["error"]["message"], "a parameter of the message is missing"


def test_fault_of_ours_is_status_one_and_in_the_log(
    call: Callable[..., Any], project: str, monkeypatch: pytest.MonkeyPatch, tl_home: Path
) -> None:
    def fail(_project: object) -> None:
        raise ZeroDivisionError("secret sauce")

    monkeypatch.setattr("tlstudio.services.projects.project_info", fail)
    found, err = call("info", project, status=1)
    assert found["error"]["code"] == "command.fault"
    assert "Traceback" not in err
    from tlstudio.services.logs import log_file, stop_logging

    stop_logging()
    assert "secret sauce" in log_file().read_text()


def test_project_open_elsewhere_can_be_read_but_not_changed(
    call: Callable[..., Any], project: str, tmp_path: Path
) -> None:
    from tlstudio.services.projects import open_project

    with open_project(tmp_path / project):
        assert call("info", project)[0]["images"] == 24
        assert call("runs", project)[0] == {"runs": []}
        assert call("split", project, status=2)[0]["error"]["code"] == "project.reason.locked"


def test_doctor_looks_without_loading_anything(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlstudio.services.doctor._child", lambda code, extra: (0, "1.0|-"))
    checks = {check["name"]: check for check in call("doctor")[0]["checks"]}
    assert {"program", "home", "disk", "weights", "network", "qt", "gpu"} <= set(checks)
    assert all(check["detail"] for check in checks.values())


def test_a_home_that_cannot_be_made_is_said_by_every_verb_and_by_doctor(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tlstudio.services.doctor._child", lambda code, extra: (0, "1.0|-"))
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TLSTUDIO_HOME", str(tmp_path / "file" / "home"))
    checks = {check["name"]: check for check in call("doctor")[0]["checks"]}
    assert {name for name, check in checks.items() if not check["ok"]} == {"home"}
    assert "TLSTUDIO_HOME" in checks["home"]["detail"]
    assert set(checks) == {"program", "home", "qt", "gpu"}
    assert call("weights", "list", status=2)[0]["error"]["code"] == "project.home"


def test_a_fault_is_told_where_there_is_no_place_for_a_log(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("tlstudio.services.doctor.checks", fails)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TLSTUDIO_HOME", str(tmp_path / "file"))
    found, said = call("doctor", status=1)
    assert found["error"]["code"] == "command.fault_unlogged"
    assert "by nought" in found["error"]["message"] and "TLSTUDIO_HOME" in found["error"]["message"]
    assert "Traceback" in said


def test_doctor_hides_the_password_of_a_proxy(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlstudio.services.doctor._child", lambda code, extra: (1, "broken"))
    monkeypatch.setenv("https_proxy", "http://ada:sesame@proxy.example:8080")
    checks = {check["name"]: check for check in call("doctor")[0]["checks"]}
    assert "proxy.example:8080" in checks["network"]["detail"]
    assert "sesame" not in checks["network"]["detail"]
    assert not checks["qt"]["ok"]
    assert "broken" in checks["qt"]["detail"]


def test_readable_answers(
    call: Callable[..., Any], project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", project]) == 0
    text = capsys.readouterr().out
    assert "24 images" in text
    assert "bars 12" in text
    assert main(["split", project]) == 0
    assert "train" in capsys.readouterr().out
    assert main(["models"]) == 0
    assert main(["recipe"]) == 0
    assert main(["runs", project]) == 0


def test_info_counts_shapes_and_undo_names_what_was_drawn(
    call: Callable[..., Any], project: str
) -> None:
    from tlstudio.domain.annotations import Box, Polygon
    from tlstudio.services import projects, shaping

    with projects.open_project(Path(project)) as opened:
        box = Box(id="", image=1, label=1, x=1, y=1, w=5, h=5)
        ring = ((1.0, 1.0), (9.0, 1.0), (5.0, 9.0))
        shaping.add_shapes(
            opened, 1, [box, box, Polygon(id="", image=1, label=1, parts=((ring,),))]
        )
        pixels = shaping.Bitmap(16, 16)
        _, places = pixels.stamp(8, 8, 8, 8, 3, on=True)
        shaping.paint_mask(opened, 1, None, 1, pixels, places)
    kinds = {"image_label": 24, "box": 2, "polygon": 1, "mask": 1}
    assert call("info", project)[0]["kinds"] == kinds
    assert call("undo", project)[0] == {"undone": "Paint a mask"}
    assert call("undo", project)[0] == {"undone": "Add shapes"}
    assert call("info", project)[0]["kinds"] == {"image_label": 24}
    assert call("redo", project)[0] == {"redone": "Add shapes"}
    assert call("info", project)[0]["annotations"] == 27


def test_the_patient_key_goes_to_another_machine(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert call("patient-key", "show")[0]["fingerprint"] == ""
    made, _ = call("patient-key", "export", "key.json")
    monkeypatch.setenv("TLSTUDIO_HOME", str(tmp_path / "elsewhere"))
    there, _ = call("patient-key", "export", "other.json")
    assert there["fingerprint"] != made["fingerprint"]
    assert "--replace" in call("patient-key", "import", "key.json", status=2)[1]
    found, _ = call("patient-key", "import", "key.json", "--replace")
    assert found["fingerprint"] == made["fingerprint"]
    assert Path(found["kept"]).is_file()
