"""Models that outline what a person points at: the SAM family, as ultralytics builds it.

Each reads Meta's or the MobileSAM authors' own file. None of them publishes a sha256: the six
digits in SAM's file names begin the MD5. So a file's hash is recorded when it comes, and the
weights are shown as unverified.
"""

from __future__ import annotations

from functools import cache

from tlstudio.domain.models import ModelSpec, SizeRule, WeightsSource
from tlstudio.domain.tasks import Aid

SIDE = 1024
"""Side in pixels of the square that all of them look at."""

CODE_LICENCE = "AGPL-3.0"
WEIGHTS_LICENCE = "Apache-2.0"
_BUILDER = "tlstudio.ml.ultralytics.sam:build"
_SAM = "https://dl.fbaipublicfiles.com/segment_anything/"
_SAM_2 = "https://dl.fbaipublicfiles.com/segment_anything_2/072824/"
_SAM_2_1 = "https://dl.fbaipublicfiles.com/segment_anything_2/092824/"
_MOBILE = "https://github.com/ChaoningZhang/MobileSAM/raw/master/weights/mobile_sam.pt"

_MOBILE_WORDS = "The quickest on a computer without a graphics card; start with it."
_SAM_WORDS = "The first of the family: good outlines, slow to look at an image without a card."
_SAM_2_WORDS = "The second of the family: finer edges than the first at the same size."
_SAM_2_1_WORDS = "The newest of the family: better with small and look-alike things."

# id, name, words, parameters, address, bytes
_ROWS: tuple[tuple[str, str, str, int, str, int], ...] = (
    ("mobile_sam", "MobileSAM", _MOBILE_WORDS, 10_130_092, _MOBILE, 40_728_226),
    ("sam2.1_t", "SAM 2.1 tiny", _SAM_2_1_WORDS, 38_945_986,
     f"{_SAM_2_1}sam2.1_hiera_tiny.pt", 156_008_466),
    ("sam2.1_s", "SAM 2.1 small", _SAM_2_1_WORDS, 46_043_842,
     f"{_SAM_2_1}sam2.1_hiera_small.pt", 184_416_285),
    ("sam2.1_b", "SAM 2.1 base+", _SAM_2_1_WORDS, 80_833_666,
     f"{_SAM_2_1}sam2.1_hiera_base_plus.pt", 323_606_802),
    ("sam2.1_l", "SAM 2.1 large", _SAM_2_1_WORDS, 224_430_130,
     f"{_SAM_2_1}sam2.1_hiera_large.pt", 898_083_611),
    ("sam2_t", "SAM 2 tiny", _SAM_2_WORDS, 38_945_986,
     f"{_SAM_2}sam2_hiera_tiny.pt", 155_906_050),
    ("sam2_s", "SAM 2 small", _SAM_2_WORDS, 46_043_842,
     f"{_SAM_2}sam2_hiera_small.pt", 184_309_650),
    ("sam2_b", "SAM 2 base+", _SAM_2_WORDS, 80_833_666,
     f"{_SAM_2}sam2_hiera_base_plus.pt", 323_493_298),
    ("sam2_l", "SAM 2 large", _SAM_2_WORDS, 224_430_130,
     f"{_SAM_2}sam2_hiera_large.pt", 897_952_466),
    ("sam_b", "SAM base", _SAM_WORDS, 93_735_472,
     f"{_SAM}sam_vit_b_01ec64.pth", 375_042_383),
    ("sam_l", "SAM large", _SAM_WORDS, 312_342_832,
     f"{_SAM}sam_vit_l_0b3195.pth", 1_249_524_607),
)  # fmt: skip


@cache
def promptable() -> tuple[ModelSpec, ...]:
    """The models, the one to begin with first."""
    return tuple(
        ModelSpec(
            id=name,
            task=Aid.ASSIST,
            family="sam",
            name=title,
            description=words,
            params=params,
            input_size=SIDE,
            sizes=SizeRule(SIDE, most=SIDE),
            mean=(0.485, 0.456, 0.406),
            std=(0.229, 0.224, 0.225),
            licence=CODE_LICENCE,
            weights_licence=WEIGHTS_LICENCE,
            weights=WeightsSource(address, size, None, address.rpartition("/")[2]),
            builder=_BUILDER,
        )
        for name, title, words, params, address, size in _ROWS
    )
