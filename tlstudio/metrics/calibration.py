"""Expected calibration error: how far confidence and being right lie apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BINS = 15


def gaps(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], group: NDArray[np.intp], groups: int
) -> NDArray[np.float64]:
    """Sums of (confidence - right) per group and bin of confidence, [groups, BINS].

    With any weighting w of the groups, the error is sum over bins |w @ gaps| / weighted count:
    Guo et al. (2017), ICML, eq. 3, with 15 bins of equal width over 0..1.
    """
    bins = np.clip(np.ceil(confidence * BINS).astype(np.intp) - 1, 0, BINS - 1)
    table = np.zeros(groups * BINS)
    np.add.at(table, group * BINS + bins, confidence - right)
    return table.reshape(groups, BINS)
