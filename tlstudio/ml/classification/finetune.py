"""Fine-tuning: what the shared loop needs to teach a classifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.classification.augment import Augmenter
from tlstudio.ml.classification.gallery import Gallery, Places
from tlstudio.ml.classification.scoring import better
from tlstudio.ml.classification.strategies import Plan, batch_norms
from tlstudio.ml.loop import Learning, Values
from tlstudio.ml.optim import Pull, groups, set_rates, stages_of, warm_cosine
from tlstudio.ml.randomness import derive, permutation
from tlstudio.ml.zoo import Classifier


@dataclass(frozen=True, slots=True)
class Batch:
    """Normalised pixels [B, 3, S, S] and targets [B], on the device."""

    pixels: Tensor
    targets: Tensor


@dataclass(frozen=True, slots=True)
class Course:
    """How the images are shown: `steps` of `batch` images an epoch, `train` their places."""

    train: Places
    batch: int
    steps: int
    epochs: int


def order_of(course: Course, seed: int, epoch: int) -> Iterator[tuple[Places, NDArray[np.int64]]]:
    """The places of each batch of an epoch, and a key for each picture shown.

    The images go round in fresh orders until the steps are full, so every batch is whole and
    every image is shown at least once; the key counts each showing of each image apart.
    """
    count = len(course.train)
    needed = course.steps * course.batch
    rounds = -(-needed // count)
    order = [permutation(count, seed, "order", epoch, number) for number in range(rounds)]
    shown = np.concatenate(order)[:needed]
    keys = shown + np.arange(needed) // count * count
    for at in range(0, needed, course.batch):
        stretch = slice(at, at + course.batch)
        yield course.train[shown[stretch]], keys[stretch]


def make_learning(
    model: Classifier,
    gallery: Gallery,
    targets: NDArray[np.int64],
    course: Course,
    plan: Plan,
    recipe: Recipe,
    *,
    weights: NDArray[np.float64],
    freeze_batch_norm: bool,
    device: torch.device,
    evaluate: Callable[[], Values],
) -> Learning[Batch]:
    """The loop's `Learning` for a classifier; `model` is on its device already."""
    stages = stages_of([modules for _, modules in model.blocks()], model)
    norms = batch_norms(model) if freeze_batch_norm else []
    still = {id(p) for norm in norms for p in norm.parameters()}
    parameters = groups(stages, plan.rates, last=plan.learning, still=still)
    pull = Pull([p for stage in stages[:-1] for p in stage], plan.l2_sp) if plan.l2_sp else None
    if pull is not None:
        backbone = {id(p) for stage in stages[:-1] for p in stage}
        for group in parameters:
            if id(group["params"][0]) in backbone:
                group["weight_decay"] = 0.0
    optimizer = torch.optim.AdamW(parameters, fused=device.type in ("cpu", "cuda"))
    quiet = [*norms, *(m for _, modules in model.blocks() for m in modules if _is_frozen(m))]
    answers = torch.from_numpy(targets).to(device)
    weight = torch.from_numpy(weights).float().to(device)
    augmenter = Augmenter(recipe.augmentation, recipe.seed)
    total = course.steps * course.epochs

    def batches(epoch: int) -> Iterator[Batch]:
        torch.manual_seed(derive(recipe.seed, "epoch", epoch))
        order = list(order_of(course, recipe.seed, epoch))
        keys = iter([key for _, key in order])
        for places, pixels in gallery.stream(chosen for chosen, _ in order):
            varied = augmenter.apply(pixels.to(device, non_blocking=True), next(keys), epoch)
            yield Batch(gallery.transform.normalise(varied), answers[torch.from_numpy(places)])

    def losses(wrapped: nn.Module, batch: Batch) -> dict[str, Tensor]:
        logits = wrapped(batch.pixels)
        loss = F.cross_entropy(
            logits, batch.targets, weight, label_smoothing=recipe.label_smoothing
        )
        right = (logits.detach().argmax(dim=1) == batch.targets).float().mean()
        return {"loss": loss, "accuracy": right}

    def train_mode() -> None:
        model.train()
        for module in quiet:
            module.eval()

    return Learning(
        model=model,
        optimizer=optimizer,
        batches=batches,
        losses=losses,
        rate=lambda step: set_rates(optimizer, warm_cosine(step, total)),
        train_mode=train_mode,
        evaluate=evaluate,
        better=better,
        after_backward=pull.apply if pull is not None else (lambda: None),
    )


def _is_frozen(module: nn.Module) -> bool:
    parameters = list(module.parameters())
    return bool(parameters) and not any(p.requires_grad for p in parameters)
