"""The library's own trainer, with everything it would read, write or tell taken out of its hands.

Pictures and boxes come from memory, figures are ours, checkpoints are written by `hooks`; no file
of it is left but the table of its settings, in its own scratch folder. What is kept of it is the
learning: augmentation, losses, assignment of boxes, optimiser, average of the weights.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from tlstudio.metrics.detection import Found
from tlstudio.ml.detection.data import Boxes
from tlstudio.ml.devices import use_all_cores
from tlstudio.ml.randomness import derive
from tlstudio.ml.runs.snapshot import LabelName
from tlstudio.ml.site_shift import SiteShift
from tlstudio.ml.ultralytics.letterbox import Pixels, placed
from tlstudio.ml.ultralytics.pictures import Rows, hide
from tlstudio.ml.ultralytics.quiet import open_quietly
from tlstudio.ml.ultralytics.setting import COUPLED, DESCENT_FROM, GATHERED, whole_now
from tlstudio.ml.ultralytics.suppression import MOST

open_quietly()

from ultralytics.data.build import build_dataloader  # noqa: E402 - after it was told to be quiet
from ultralytics.data.dataset import YOLODataset  # noqa: E402
from ultralytics.models.yolo.detect import DetectionTrainer, DetectionValidator  # noqa: E402

Values = dict[str, float]


class Hooks(Protocol):
    """Whom the trainer tells of its steps; any of them may raise to call the work off."""

    def prepare(self, lessons: Lessons, optimizer: torch.optim.Optimizer) -> None: ...

    def epoch_begins(self, lessons: Lessons) -> None: ...

    def step_done(self, lessons: Lessons) -> None: ...

    def looked_at(self, images: int) -> None: ...

    def before_step(self) -> None: ...

    def epoch_done(self, lessons: Lessons, losses: Values, found: dict[int, Found]) -> None: ...

    def resume(self, lessons: Lessons) -> None: ...


@dataclass(frozen=True, slots=True)
class Material:
    """What is learned from: `pixels(place)` of a piece, its longer side as the network wants it,
    `size(place)` its width and height before that, `rows(place)` its boxes, `hidden(place)` what
    is neither object nor background, x0, y0, x1, y1 in pixels of that size; the places to train
    on, repeated as often as they are shown an epoch, and those to validate on; `shift` gives
    those that are trained on the look of other sites."""

    pixels: Callable[[int], Pixels]
    size: Callable[[int], tuple[int, int]]
    rows: Callable[[int], Rows]
    hidden: Callable[[int], Boxes]
    train: Sequence[int]
    val: Sequence[int]
    labels: Sequence[LabelName]
    shift: SiteShift


class Pages(YOLODataset):  # type: ignore[misc]
    """The pieces of one split, from memory: nothing is looked for beside the user's files."""

    def __init__(self, material: Material, places: Sequence[int], **facts: Any) -> None:
        self._material, self._places = material, [int(place) for place in places]
        # shared: processes that make pictures ahead hear of a new epoch too
        self.epoch = torch.zeros(1, dtype=torch.int64)
        self.epoch.share_memory_()  # type: ignore[no-untyped-call]
        super().__init__("", **facts)

    def get_img_files(self, _path: object) -> list[str]:
        return [str(place) for place in self._places]

    def get_labels(self) -> list[dict[str, Any]]:
        return [self._label(place) for place in self._places]

    def _label(self, place: int) -> dict[str, Any]:
        rows = self._material.rows(place)
        width, height = self._material.size(place)
        return {
            "im_file": str(place),
            "shape": (height, width),
            "cls": rows[:, :1],
            "bboxes": rows[:, 1:],
            "segments": [],
            "keypoints": None,
            "normalized": True,
            "bbox_format": "xywh",
        }

    def load_image(
        self, i: int, rect_mode: bool = True, resize_short: bool = False
    ) -> tuple[Pixels, tuple[int, int], tuple[int, int]]:
        """Blue first, as the library wants it; a copy, because augmentation writes into it. What
        is neither object nor background cannot be seen where it would be learned from."""
        del rect_mode, resize_short
        place = self._places[i]
        pixels = self._material.pixels(place)
        if self.augment:
            pixels = self._material.shift.one(pixels, i, int(self.epoch[0]))
        pixels = np.ascontiguousarray(pixels[..., ::-1])
        width, height = self._material.size(place)
        if self.augment and len(hidden := self._material.hidden(place)):
            hide(pixels, hidden, (width, height), self._material.rows(place))
        return pixels, (height, width), pixels.shape[:2]

    def build_transforms(self, hyp: Any = None) -> Any:
        self.cache = "ram"  # mosaics are made of any pictures, not of those read just before
        return super().build_transforms(hyp)


class Look(DetectionValidator):  # type: ignore[misc]
    """Validation that gathers what was found, in pixels of the pieces, and leaves figures to us."""

    hooks: Hooks
    material: Material

    def init_metrics(self, model: nn.Module) -> None:
        super().init_metrics(model)
        self.found: dict[int, Found] = {}

    def update_metrics(self, preds: list[dict[str, Any]], batch: dict[str, Any]) -> None:
        for index, pred in enumerate(preds):
            self.seen += 1
            place = int(batch["im_file"][index])
            width, height = self.material.size(place)
            there = placed(width, height, int(self.args.imgsz))
            boxes = there.to_image(pred["bboxes"][:MOST].cpu().numpy())
            labels = pred["cls"][:MOST].cpu().numpy()
            self.found[place] = Found.of(boxes, labels, pred["conf"][:MOST].cpu().numpy())
        self.hooks.looked_at(len(preds))

    def get_stats(self) -> dict[str, Any]:
        return {}

    def finalize_metrics(self) -> None:
        pass

    def print_results(self) -> None:
        pass


class Lessons(DetectionTrainer):  # type: ignore[misc]
    """One run. Its name does not hold "Trainer": those report to services that are set up."""

    accumulate: int
    epochs: int

    def __init__(
        self, overrides: dict[str, Any], network: nn.Module, material: Material, hooks: Hooks
    ) -> None:
        self.material, self.hooks = material, hooks
        super().__init__(overrides=overrides)
        use_all_cores()  # the library takes one fewer
        self.callbacks = defaultdict(
            list,
            on_train_epoch_start=[lambda _: self._begin_epoch()],
            on_train_batch_end=[lambda _: hooks.step_done(self)],
        )
        # a tenth quicker on a processor: its convolutions work on values of a pixel side by side
        self.model = network.to(memory_format=torch.channels_last)
        self._gradients: dict[str, Tensor] = {}
        self.frozen: tuple[int, ...] = ()
        self.still_norms: Sequence[nn.Module] = ()
        self.last_step = -1
        self.number = -1  # of the batch, counted from the run's start
        self._warm_up = 0

    # what it would read

    def get_dataset(self) -> dict[str, Any]:
        names = {index: label.name for index, label in enumerate(self.material.labels)}
        return {"train": "", "val": "", "nc": len(names), "names": names, "channels": 3}

    def get_dataloader(
        self, dataset_path: str, batch_size: int = 16, rank: int = 0, mode: str = "train"
    ) -> Any:
        del dataset_path
        learning = mode == "train"
        # a loader must hold something, even if it is never looked at
        places = self.material.train if learning else self.material.val or self.material.train[:1]
        pages = Pages(
            self.material,
            places,
            imgsz=self.args.imgsz,
            batch_size=batch_size,
            augment=learning,
            hyp=self.args,
            data=self.data,
            task="detect",
        )
        return build_dataloader(
            pages,
            batch=batch_size,
            workers=self.args.workers,
            shuffle=learning,
            rank=rank,
            device=self.device,
        )

    def get_validator(self) -> Look:
        look = Look(self.test_loader, save_dir=self.save_dir, args=copy(self.args))
        look.callbacks = defaultdict(list)
        look.hooks, look.material = self.hooks, self.material
        return look

    # how it learns

    def build_optimizer(
        self, model: nn.Module, name: str = "auto", lr: float = 0.001, momentum: float = 0.9,
        decay: float = 1e-5, iterations: float = 1e5,
    ) -> torch.optim.Optimizer:  # fmt: skip
        # the library would count steps of 64 images, however many are gathered here
        batches = math.ceil(len(self.train_loader.dataset) / max(self.batch_size, GATHERED))
        iterations = batches * self.epochs
        if name == "auto" and iterations > DESCENT_FROM:
            decay /= COUPLED
        made: torch.optim.Optimizer = super().build_optimizer(
            model, name, lr, momentum, decay, iterations
        )
        self.hooks.prepare(self, made)
        return made

    def _build_train_pipeline(self) -> None:
        super()._build_train_pipeline()
        self.whole_images = False
        # batches are gathered here, so that a resumed run takes its steps at the same places
        self._gathered, self.accumulate = self.accumulate, 1

    def resume_training(self, ckpt: Any) -> None:
        del ckpt
        self.hooks.resume(self)
        self._warm_up = self._get_warmup_iterations(len(self.train_loader))
        self.freeze(self.frozen)

    def state(self) -> dict[str, Any]:
        """All that a resumed run needs beside the network and the optimiser; plain data."""
        gathered: dict[str, Tensor] = {}
        if self.number != self.last_step:
            named = self.model.named_parameters()
            gathered = {name: p.grad for name, p in named if p.grad is not None}
        return {
            "average": self.ema.ema.state_dict(),
            "updates": self.ema.updates,
            "last_step": self.last_step,
            "gathered": gathered,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from a checkpoint: the network, its average, the optimiser, gathered gradients."""
        self.model.load_state_dict(saved["model"])
        self.ema.ema.load_state_dict(saved["average"])
        self.ema.updates = saved["updates"]
        self.optimizer.load_state_dict(saved["optimizer"])
        self.last_step = saved["last_step"]
        self._gradients = saved["gathered"]
        epoch = saved["state"]["epoch"]
        network: Any = self.model
        if getattr(network.model[-1], "one2one_cv2", None) is not None:
            network.criterion = network.init_criterion()  # its two parts' shares move on
            network.criterion.updates = epoch - 1
            network.criterion.update()

    def gather(self, images: int) -> None:
        """Take a step for so many images, from the next batch on."""
        self._gathered = max(1, round(images / self.batch_size))

    def plan_epochs(self, epochs: int) -> None:
        """Fit the schedule to another number of epochs, from the next one on."""
        if epochs != self.epochs:
            self.epochs = self.args.epochs = epochs
            self._setup_scheduler()
            self.scheduler.last_epoch = self.epoch

    def choose_mosaics(self) -> None:
        """Put parts of several images together, or show whole ones in the last epochs; processes
        that make pictures ahead begin anew where that changes."""
        whole = whole_now(int(self.epoch), self.epochs, self.whole_images)
        if not self.args.mosaic or whole == self.whole_images:
            return
        self.whole_images = whole
        pages, settings = self.train_loader.dataset, copy(self.args)
        if whole:
            pages.close_mosaic(settings)
        else:
            pages.transforms = pages.build_transforms(settings)
        self.train_loader.reset()

    @property
    def warming(self) -> bool:
        """Whether the rates were still on their way up at the last batch."""
        return self.number < self._warm_up

    def freeze(self, layers: Sequence[int]) -> None:
        """Keep these layers of the network as they are, and let all others learn."""
        self.frozen = tuple(layers)
        self.freeze_layer_names = [*(f"model.{layer}." for layer in layers), ".dfl"]
        for name, parameter in self.model.named_parameters():
            still = any(part in name for part in self.freeze_layer_names)
            parameter.requires_grad_(not still)

    def _model_train(self) -> None:
        super()._model_train()
        for norm in self.still_norms:
            norm.eval()

    def _begin_epoch(self) -> None:
        """All chance of an epoch follows from the seed and its number; with pictures made by other
        processes, which work ahead, only up to that."""
        self.choose_mosaics()
        seed = derive(int(self.args.seed), "epoch", int(self.epoch))
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        if not self.train_loader.num_workers:
            self.train_loader.reset()  # a new iterator takes a number from the generator
        self.train_loader.generator.manual_seed(seed)
        self.train_loader.dataset.epoch[0] = self.epoch
        self.number = self.epoch * len(self.train_loader) - 1
        for name, parameter in self.model.named_parameters():
            if name in self._gradients:  # the library clears them after it is set up
                parameter.grad = self._gradients[name].to(self.device)
        self._gradients = {}
        self.hooks.epoch_begins(self)

    def optimizer_step(self) -> None:
        """A step once enough batches are gathered, fewer of them during the warm-up."""
        self.number += 1
        wanted = self._gathered
        if self._warm_up and self.number <= self._warm_up:
            along = np.interp(self.number, [0, self._warm_up], [1, self._gathered])
            wanted = max(1, int(along.round()))
        if self.number - self.last_step >= wanted:
            self.hooks.before_step()
            super().optimizer_step()
            self.last_step = self.number

    # what it would tell and write

    def validate(self) -> tuple[Values, None]:
        """The losses, and with images to look at what was found; figures are made by the hooks."""
        losses = {f"train_{name}": float(value) for name, value in (self.tloss or {}).items()}
        found: dict[int, Found] = {}
        if self.material.val and all(np.isfinite(value) for value in losses.values()):
            losses |= {
                name.replace("/", "_"): float(value) for name, value in self.validator(self).items()
            }
            found = self.validator.found
        self.hooks.epoch_done(self, losses, found)
        return {}, None

    def _handle_nan_recovery(self, epoch: int) -> bool:
        del epoch
        return False

    def save_metrics(self, metrics: Values) -> None:
        pass

    def save_model(self) -> bool:
        return False

    def final_eval(self) -> None:
        pass
