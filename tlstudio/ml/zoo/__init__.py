"""Pretrained backbones with a head of one's own, and their weights.

`build` makes any classifier of the catalogue without weights; `load_backbone` fills it from what
`read_weights` found in a file.
"""

from tlstudio.ml.zoo.classifier import Classifier, build
from tlstudio.ml.zoo.loading import Matched, load_backbone
from tlstudio.ml.zoo.reading import read_weights

__all__ = ["Classifier", "Matched", "build", "load_backbone", "read_weights"]
