"""Every code that can reach a person has words, and every template can be filled."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from string import Formatter
from typing import Any

from tlstudio.domain.messages import MESSAGES, TOPICS, render
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.styling import StyleSettings
from tlstudio.domain.tasks import Task

# What takes a message code, and at which place or by which keyword.
CARRIERS = {
    "UserError": (0, "code"),
    "Skipped": (1, "reason"),
    "Remark": (1, "code"),
    "Step": (0, "stage"),
    "Progressed": (0, "stage"),
    "EpochEnded": (0, "stage"),
    "Ending": (1, "code"),
    "Started": (2, "device_reason"),
    "Advice": (1, "code"),
    "Changes": (4, "undo_code"),
    "transact": (0, "undo_code"),
}
# What is counted; behind a number it needs its form for one, as in "{n} {n:image|images}".
COUNTED = (
    "annotations|attributes|boxes|captions|changes|classes|copies|cores|duplicates|entries|epochs"
    "|files|folders|frames|groups|holes|images|labels|leaks|lines|masks|models|objects|outlines"
    "|pages|parts|pictures|places|points|polygons|predictions|projects|regions|rounds|rows|runs"
    "|seeds|segments|sets|shapes|splits|styles|suggestions|tags|tasks|texts|tracks|values"
)
COUNT = re.compile(r"\{(\w+)\} (?:(?!between )[\w-]+ )?(?:" + COUNTED + r")\b")
NO_COUNTS = {"file", "format", "least", "limit", "most", "needed"}
# Messages that only come for two and more.
NEVER_ONE = {
    "data.folders_not_labels", "data.image_ambiguous", "data.leak.content", "data.leak.identical",
    "data.leak.near", "data.row_ambiguous", "defaults.augmentation.many", "defaults.style.epochs",
    "objects.many_values", "objects.mask_lossy", "objects.mask_pages", "restyle.one_file",
    "site.check.helped", "site.check.hurt", "site.check.mixed", "style.some_images",
    "styling.too_many_styles",
}  # fmt: skip
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_\-]+)+")


def used_codes(source: Any) -> Iterator[tuple[str, str]]:
    """(where, code) of every literal that is given to a carrier of codes."""
    for where, call, name in source.calls():
        carried = CARRIERS.get(name.rpartition(".")[2])
        if carried is None:
            continue
        place, keyword = carried
        given = [*call.args[place : place + 1]]
        given += [word.value for word in call.keywords if word.arg == keyword]
        for value in given:
            for literal in literals(value):
                if CODE.fullmatch(literal):
                    yield where, literal


def literals(node: ast.expr) -> Iterator[str]:
    """String constants that the expression can come to, through conditions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def test_codes_are_found_at_all(source: Any) -> None:
    assert len({code for _, code in used_codes(source)}) > 50


def test_every_code_has_words(source: Any) -> None:
    assert not [f"{where} {code}" for where, code in used_codes(source) if code not in MESSAGES]


def test_every_template_can_be_filled() -> None:
    for code, template in MESSAGES.items():
        names = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names), (code, names)
        assert render(code, {}), f"{code}: words without parameters must still be words"


def test_words_are_calm() -> None:
    assert not [code for code, words in MESSAGES.items() if "!" in words or words != words.strip()]


def outside_plural_forms(template: str) -> str:
    """The template with a dot for each field that chooses words by a number."""
    said = ""
    for text, name, form, _ in Formatter().parse(template):
        said += text
        if name is not None:
            said += "." if "|" in (form or "") else f"{{{name}}}"
    return said


def test_what_is_counted_has_a_form_for_one() -> None:
    only_many = {
        code: found.group()
        for code, template in MESSAGES.items()
        for found in COUNT.finditer(outside_plural_forms(template))
        if found[1] not in NO_COUNTS
    }
    assert not {code: words for code, words in only_many.items() if code not in NEVER_ONE}
    assert only_many.keys() >= NEVER_ONE, "an exception that is none any more"


def test_the_command_line_counts_in_words_that_fit_one(source: Any) -> None:
    """No f-string puts a number before a plural; `counted` knows both forms."""
    only_many = [
        f"{path}:{node.lineno} {said.value}"
        for path, tree in source.trees
        if path.startswith("tlstudio/cli/")
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for number, said in pairwise(node.values)
        if isinstance(number, ast.FormattedValue) and isinstance(said, ast.Constant)
        if COUNT.match("{n}" + str(said.value)) and "kind" not in ast.unparse(number)
    ]
    assert not only_many


def test_every_setting_has_a_name_and_help() -> None:
    names = {field.name for task in Task for field in Recipe.fields(task)}
    codes = [f"recipe.{name}{end}" for name in names for end in ("", ".help")]
    codes += [field.help_code for task in Task for field in Recipe.fields(task)]
    assert not [code for code in codes if code not in MESSAGES]


def test_every_choice_has_a_name() -> None:
    fields = [field for task in Task for field in Recipe.fields(task)]
    codes = [f"recipe.{field.name}.{choice}" for field in fields for choice in field.choices]
    assert not [code for code in codes if code not in MESSAGES]


def test_every_setting_of_a_styling_has_words() -> None:
    fields = StyleSettings.fields()
    codes = [f"styling.{field.name}{end}" for field in fields for end in ("", ".help")]
    codes += [f"styling.{field.name}.{choice}" for field in fields for choice in field.choices]
    assert not [code for code in codes if code not in MESSAGES]


def test_an_error_gives_its_template_what_it_asks_for(source: Any) -> None:
    """A literal UserError(...) names every parameter that its words have."""
    short = []
    for where, call, name in source.calls():
        if name.rpartition(".")[2] != "UserError" or not call.args:
            continue
        if any(word.arg is None for word in call.keywords):
            continue  # **params: known only when it happens
        given = {word.arg for word in call.keywords} | {"file"}
        for code in literals(call.args[0]):
            asked = {n for _, n, _, _ in Formatter().parse(MESSAGES.get(code, "")) if n}
            if asked - given:
                short.append(f"{where} {code} lacks {sorted(asked - given)}")
    assert not short


def test_every_topic_is_collected(source: Any) -> None:
    files = {
        path.rpartition("/")[2].removesuffix(".py")
        for path, _ in source.trees
        if path.startswith("tlstudio/domain/messages/") and not path.endswith("__init__.py")
    }
    assert files == set(TOPICS)


def test_every_way_to_an_interval_has_words() -> None:
    from tlstudio.metrics import intervals
    from tlstudio.ui.widgets.figure_words import method_words

    methods = (
        intervals.BOOTSTRAP, intervals.JACKKNIFE, intervals.WILSON, intervals.MOVER,
        intervals.PAIRED_SHARES, intervals.MOVER_PAIRED, intervals.TOO_FEW, intervals.UNDEFINED,
    )  # fmt: skip
    assert not [m for m in methods if f"metric.interval.{m}" not in MESSAGES]
    assert not [m for m in methods if not method_words({"method": m})]


def test_every_figure_has_words_on_screen() -> None:
    """All that an evaluation reports; what is absent would silently not be shown."""
    from tlstudio.metrics import classification, detection, segmentation
    from tlstudio.ui.widgets.figure_words import OVERALL, PER_LABEL

    nothing = detection.Truth.of([], []), detection.Found.of([], [], [])
    boxes = detection.evaluate([nothing[0]], [nothing[1]], ["a"], ["g"])
    reported = {
        "classification": set(classification.OVERALL),
        "detection": set(boxes.overall),
        "segmentation": set(segmentation.OVERALL),
    }
    assert {task: {row[0] for row in rows} for task, rows in OVERALL.items()} == reported
    of_label = {
        "classification": set(classification.PER_LABEL),
        "detection": set(boxes.per_label[0].values) - {"ap75"},
        "segmentation": set(segmentation.PER_LABEL) - {"dice_per_image"},
    }
    assert {task: {row[0] for row in rows} for task, rows in PER_LABEL.items()} == of_label
