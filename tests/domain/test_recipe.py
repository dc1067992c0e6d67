"""The settings of a run, by task."""

from __future__ import annotations

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.tasks import LABELLED, Task
from tlstudio.domain.windows import AUTO, Window


def names(task: Task) -> set[str]:
    return {field.name for field in Recipe.fields(task)}


def test_each_task_has_its_own_settings_beside_the_common_ones() -> None:
    common = {"epochs", "image_size", "batch_size", "learning_rate", "seed", "patience"}
    assert all(common <= names(task) for task in Task)
    assert all({"strategy", "augmentation", "l2_sp"} <= names(task) for task in LABELLED)
    assert {"loss", "patch", "overlap", "flips"} <= names(Task.SEGMENTATION)
    assert {"tile", "overlap", "anchors"} <= names(Task.DETECTION)
    assert not {"loss", "patch", "tile", "overlap", "flips", "anchors"} & names(Task.CLASSIFICATION)
    assert not {"dropout", "label_smoothing"} & names(Task.DETECTION)


def test_a_style_run_has_the_settings_of_its_losses_and_none_of_fine_tuning() -> None:
    asked = {"content_weight", "style_weight", "smoothness", "style_scale", "colour", "width"}
    assert asked <= names(Task.STYLE)
    assert not any(asked & names(task) for task in LABELLED)
    fine_tuning = {"strategy", "augmentation", "layer_decay", "l2_sp", "freeze_batch_norm"}
    assert not fine_tuning & names(Task.STYLE)
    made = Recipe.read({}, Task.STYLE)
    assert (made.epochs, made.image_size, made.width) == (0, 0, 0)
    assert (made.content_weight, made.style_weight, made.smoothness) == (1, 1, 1)
    with pytest.raises(UserError) as refused:
        Recipe.read({"strategy": "full"}, Task.STYLE)
    assert refused.value.params["tasks"] == "classification, detection, segmentation"


def test_a_task_may_explain_a_setting_in_its_own_words() -> None:
    own = {field.name: field.help_code for field in Recipe.fields(Task.STYLE)}
    usual = {field.name: field.help_code for field in Recipe.fields()}
    assert own["learning_rate"] == "recipe.learning_rate.help.style"
    assert usual["learning_rate"] == "recipe.learning_rate.help"
    assert own["seed"] == usual["seed"]


def test_a_setting_of_another_task_is_refused_by_name() -> None:
    with pytest.raises(UserError) as refused:
        Recipe.read({"loss": "focal"}, Task.DETECTION)
    assert refused.value.code == "recipe.other_task"
    assert refused.value.params["tasks"] == "segmentation"
    with pytest.raises(UserError) as unknown:
        Recipe.read({"lose": "focal"}, Task.SEGMENTATION)
    assert unknown.value.code == "recipe.unknown"


def test_defaults_differ_by_task() -> None:
    assert Recipe.read({}) == Recipe()
    made = Recipe.read({}, Task.DETECTION)
    assert (made.epochs, made.augmentation, made.min_steps) == (0, "auto", 0)
    with pytest.raises(UserError):
        Recipe.read({"epochs": 0})
    with pytest.raises(UserError):
        Recipe.read({"augmentation": "auto"})


@pytest.mark.parametrize("task", Task)
def test_a_recipe_survives_json(task: Task) -> None:
    made = Recipe.read({"epochs": 7, "seed": "3"}, task)
    assert Recipe.read(made.to_json(task), task) == made
    assert set(made.to_json(task)) == names(task)


@pytest.mark.parametrize("task", Task)
def test_the_window_is_a_setting_of_every_task(task: Task) -> None:
    assert Recipe.read({}, task).seen_through() == AUTO
    given = {"window": "fixed", "window_low": "-1000", "window_high": 400}
    assert Recipe.read(given, task).seen_through() == Window("fixed", -1000, 400)
    assert Recipe.read({"window": "full", "window_low": 5}, task).seen_through() == Window("full")
    with pytest.raises(UserError) as refused:
        Recipe.read({"window": "fixed"}, task)
    assert refused.value.code == "window.order"
    assert "4095" in str(refused.value)
    with pytest.raises(UserError):
        Recipe.read({"window": "auto ", "window_low": "nan"}, task)


def test_other_sites_look_is_a_setting_of_what_learns_labels() -> None:
    for task in (Task.CLASSIFICATION, Task.DETECTION, Task.SEGMENTATION):
        made = Recipe.read({}, task)
        assert (made.look_augmentation, made.look_strength) == ("none", 0.5)
        chosen = Recipe.read({"look_augmentation": "stain", "look_strength": "1"}, task)
        assert (chosen.look_augmentation, chosen.look_strength) == ("stain", 1.0)
        with pytest.raises(UserError):
            Recipe.read({"look_strength": 1.1}, task)
    assert "look_augmentation" not in names(Task.STYLE)


def test_mirroring_is_a_setting_of_what_learns_labels_and_automatic_in_older_recipes() -> None:
    for task in LABELLED:
        assert Recipe.read({}, task).mirror == "auto"
        assert Recipe.read({"mirror": "yes"}, task).mirrored
        assert not Recipe.read({"mirror": "no"}, task).mirrored
    assert "mirror" not in names(Task.STYLE)
