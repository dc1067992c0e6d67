"""Pretrained backbones with a head of one's own, and their weights.

`build` makes any classifier of the catalogue without weights, `build_detector` any of
torchvision's detectors; `load_backbone` and `load_detector` fill them from what `read_weights`
found in a file.
"""

from tlstudio.domain.priors import Priors
from tlstudio.ml.zoo.classifier import Classifier, build
from tlstudio.ml.zoo.detector import Detector, build_detector
from tlstudio.ml.zoo.detector_loading import Loaded, load_detector
from tlstudio.ml.zoo.loading import Matched, load_backbone
from tlstudio.ml.zoo.reading import read_weights

__all__ = [
    "Classifier",
    "Detector",
    "Loaded",
    "Matched",
    "Priors",
    "build",
    "build_detector",
    "load_backbone",
    "load_detector",
    "read_weights",
]
