from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tlstudio.ml.segmentation.losses import make_loss, soft_dice

ONES = torch.ones(3)
NAMES = ("ce", "focal", "dice_ce", "dice_focal")


def sure_of(classes: Tensor, by: float = 20.0) -> Tensor:
    return by * F.one_hot(classes, 3).permute(0, 3, 1, 2).float()


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_costs_nothing_and_errors_cost(name: str) -> None:
    classes = torch.randint(0, 3, (2, 8, 8), generator=torch.Generator().manual_seed(0))
    loss = make_loss(name, ONES)
    assert loss(sure_of(classes), classes) < 1e-4
    assert loss(sure_of((classes + 1) % 3), classes) > 0.5


@pytest.mark.parametrize("name", NAMES)
def test_void_pixels_count_nowhere(name: str) -> None:
    classes = torch.randint(0, 3, (2, 8, 8), generator=torch.Generator().manual_seed(0))
    logits = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    partly = classes.clone()
    partly[:, :4] = 255
    changed = logits.clone()
    changed[:, :, :4] = torch.randn(2, 3, 4, 8)
    loss = make_loss(name, ONES)
    assert loss(logits, partly) == pytest.approx(float(loss(changed, partly)))
    nothing = torch.full_like(classes, 255)
    assert float(loss(logits, nothing)) == pytest.approx(0.0, abs=1.0)
    assert torch.isfinite(loss(logits, nothing))


def test_focal_looks_away_from_what_is_easy() -> None:
    classes = torch.ones(1, 4, 4, dtype=torch.long)
    easy, hard = sure_of(classes, 3.0), sure_of(classes, -1.0)
    plain, focal = make_loss("ce", ONES), make_loss("focal", ONES)
    assert focal(easy, classes) / plain(easy, classes) < 0.05
    assert focal(hard, classes) / plain(hard, classes) > 0.5


def test_weights_give_a_class_more_say() -> None:
    classes = torch.zeros(1, 4, 4, dtype=torch.long)
    classes[:, 0] = 1
    logits = torch.zeros(1, 3, 4, 4)
    logits[:, 0] = 2.0  # right about class 0, wrong about class 1
    even = make_loss("ce", ONES)(logits, classes)
    tilted = make_loss("ce", torch.tensor([1.0, 5.0, 1.0]))(logits, classes)
    assert tilted > even


def test_dice_is_of_the_labels_that_are_there() -> None:
    classes = torch.zeros(1, 4, 4, dtype=torch.long)
    classes[:, :2] = 2
    half = sure_of(torch.where(torch.arange(4).view(1, 4, 1) < 1, 2, 0).expand(1, 4, 4))
    # 4 of 8 pixels found, none wrongly: Dice 2 * 4 / (4 + 8), one pixel of smoothing on each side
    assert float(soft_dice(half, classes)) == pytest.approx(1 - (8 + 1) / (12 + 1), abs=1e-5)


def test_dice_and_cross_entropy_are_those_of_the_plain_library() -> None:
    import segmentation_models_pytorch as smp

    generator = torch.Generator().manual_seed(0)
    classes = torch.randint(0, 3, (4, 64, 64), generator=generator)
    logits = torch.randn(4, 3, 64, 64, generator=generator)
    plain = F.cross_entropy(logits, classes)
    plain = plain + smp.losses.DiceLoss("multiclass", classes=[1, 2])(logits, classes)
    assert float(make_loss("dice_ce", ONES)(logits, classes)) == pytest.approx(
        float(plain), rel=1e-3
    )
