"""SSD that learns from images without objects too."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.models.detection.ssd import SSD


class AttentiveSSD(SSD):  # type: ignore[misc]
    """torchvision's SSD; an image without objects teaches it what is background.

    torchvision compares three of an image's worst mistaken default boxes of background for each
    that holds an object, so none where there is no object, and such an image teaches nothing.
    Here it has as many as an image with a single box that holds an object: three. Each weighs as
    much as any of the batch; a batch without any object gives the mean of its images.
    """

    def compute_loss(
        self,
        targets: list[dict[str, Tensor]],
        head_outputs: dict[str, Tensor],
        anchors: list[Tensor],
        matched_idxs: list[Tensor],
    ) -> dict[str, Tensor]:
        losses: dict[str, Tensor] = super().compute_loss(
            targets, head_outputs, anchors, matched_idxs
        )
        empty = [at for at, target in enumerate(targets) if not len(target["boxes"])]
        if empty:
            background = -head_outputs["cls_logits"][empty].log_softmax(-1)[..., 0]
            worst = background.topk(round(self.neg_to_pos_ratio), dim=1).values
            holding = torch.stack([(matched >= 0).sum() for matched in matched_idxs]).sum()
            losses["classification"] += worst.sum() / holding.clamp(min=len(empty))
        return losses
