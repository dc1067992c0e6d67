from __future__ import annotations

import torch
from torch import nn

from tlstudio.ml.runs.fitting import hasten_fresh_norms


def test_only_batch_norm_that_has_seen_nothing_yet_is_hastened() -> None:
    fresh, known, quick = (nn.BatchNorm2d(3, momentum=m) for m in (0.01, 0.01, 0.3))
    known(torch.randn(8, 3, 4, 4))
    hasten_fresh_norms(nn.ModuleList([fresh, known, quick, nn.ReLU()]))
    assert (fresh.momentum, known.momentum, quick.momentum) == (0.1, 0.01, 0.3)
