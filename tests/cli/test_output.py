"""Tables, figures, times and JSON as people and programs read them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tlstudio.cli.output import Output, duration, figure, plain, table
from tlstudio.cli.results import refuse_other_files, table_of
from tlstudio.cli.training import layers_text
from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Step
from tlstudio.domain.runs import RunState


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_figure() -> None:
    assert figure(0.871, [0.81, 0.924]) == "0.87 (0.81-0.92)"
    assert figure(0.871) == "0.87"
    assert figure(None) == "-"


def test_table_aligns_numbers_to_the_right() -> None:
    assert table(("label", "images"), [("bars", 5), ("dots", 1200)]) == [
        "label  images",
        "bars        5",
        "dots    1,200",
    ]


def test_json_holds_only_what_json_can_say() -> None:
    found = plain({"a": math.nan, "b": Path("x"), "c": RunState.DONE, 4: (1, None, True)})
    assert json.dumps(found, allow_nan=False)
    assert found == {"a": None, "b": "x", "c": "done", "4": [1, None, True]}


def test_progress_as_events(capsys: pytest.CaptureFixture[str]) -> None:
    Output(events=True).progress(Step("data.stage.comparing", 3, 9))
    event = json.loads(capsys.readouterr().err)
    assert (event["event"], event["done"], event["total"]) == ("progress", 3, 9)


def test_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=True).error("x.y", "first\nsecond", "f")
    said = capsys.readouterr()
    assert said.err == "error: first second\n"
    assert json.loads(said.out)["error"] == {"code": "x.y", "message": "first second", "file": "f"}


def test_the_layers_of_a_run_say_where_they_came_from_and_how_much_fitted() -> None:
    backbone = {"part": "backbone", "source": "weights", "matched": 120, "missing": 2}
    used = {"label": "resnet18.pth", "layers": [backbone, {"part": "head", "source": "random"}]}
    assert layers_text(used) == "backbone 120 of 122 tensors of resnet18.pth, head new"
    assert layers_text({}) == ""


def test_a_table_of_answers_tells_frames_apart() -> None:
    page = {"image": "a.tif", "label": "cell", "confidence": 0.5, "box": [0, 0, 2, 2], "frame": 3}
    alone = {name: value for name, value in page.items() if name != "frame"}
    heads, *rows = table_of([page, alone], "segmentation")
    assert heads[:4] == ["image", "frame", "label", "confidence"]
    assert [row[1] for row in rows] == [3, None]
    assert next(table_of([alone], "segmentation"))[:2] == ["image", "label"]
    asked = {**alone, "probabilities": {"cell": 0.5}}
    assert list(table_of([asked], "classification"))[1] == ["a.tif", "cell", 0.5, 0.5]


def test_answers_are_not_written_into_files_of_other_kinds() -> None:
    refuse_other_files(Path("a.CSV"))
    with pytest.raises(UserError, match=r"\.csv or \.json"):
        refuse_other_files(Path("a.xlsx"))
