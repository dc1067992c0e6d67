"""Writes the catalogue's tables from the installed torchvision and timm.

`python -m tlstudio.ml.zoo.tables torchvision|timm|detectors|segmenters` replaces the table of that
name in tlstudio/catalog. Nothing is downloaded and no weights are made: models are built on the
meta device.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import torch

from tlstudio import catalog

# id -> (family, the name people use)
TORCHVISION = {
    "squeezenet1_1": ("squeezenet", "SqueezeNet 1.1"),
    "shufflenet_v2_x0_5": ("shufflenet", "ShuffleNet V2 0.5x"),
    "shufflenet_v2_x1_0": ("shufflenet", "ShuffleNet V2 1.0x"),
    "mobilenet_v3_small": ("mobilenet", "MobileNet V3 Small"),
    "mobilenet_v3_large": ("mobilenet", "MobileNet V3 Large"),
    "mobilenet_v2": ("mobilenet", "MobileNet V2"),
    "resnet18": ("resnet", "ResNet-18"),
    "resnet34": ("resnet", "ResNet-34"),
    "resnet50": ("resnet", "ResNet-50"),
    "resnet101": ("resnet", "ResNet-101"),
    "resnet152": ("resnet", "ResNet-152"),
    "densenet121": ("densenet", "DenseNet-121"),
    "densenet169": ("densenet", "DenseNet-169"),
    "densenet201": ("densenet", "DenseNet-201"),
    "efficientnet_b0": ("efficientnet", "EfficientNet B0"),
    "efficientnet_b1": ("efficientnet", "EfficientNet B1"),
    "efficientnet_b2": ("efficientnet", "EfficientNet B2"),
    "efficientnet_b3": ("efficientnet", "EfficientNet B3"),
    "efficientnet_b4": ("efficientnet", "EfficientNet B4"),
    "efficientnet_v2_s": ("efficientnet", "EfficientNet V2-S"),
    "googlenet": ("inception", "GoogLeNet"),
    "inception_v3": ("inception", "Inception v3"),
    "convnext_tiny": ("convnext", "ConvNeXt Tiny"),
    "convnext_small": ("convnext", "ConvNeXt Small"),
    "convnext_base": ("convnext", "ConvNeXt Base"),
    "vit_b_16": ("vit", "ViT-B/16"),
    "vit_b_32": ("vit", "ViT-B/32"),
    "swin_t": ("swin", "Swin-T"),
    "swin_s": ("swin", "Swin-S"),
    "swin_b": ("swin", "Swin-B"),
    "swin_v2_t": ("swin", "Swin V2-T"),
    "alexnet": ("alexnet", "AlexNet"),
    "vgg16": ("vgg", "VGG-16"),
    "vgg16_bn": ("vgg", "VGG-16 with batch norm"),
    "vgg19": ("vgg", "VGG-19"),
    "vgg19_bn": ("vgg", "VGG-19 with batch norm"),
}
_HASH = re.compile(r"-([0-9a-f]{8,})\.(?:pth|pt|safetensors)$")


def hash_prefix(url: str) -> str | None:
    """The start of the sha256 that a file's name publishes, as in resnet18-f37072fd.pth."""
    found = _HASH.search(url)
    return found[1] if found else None


def torchvision_rows() -> list[dict[str, Any]]:
    """One row for each model of TORCHVISION; the spec's weights are the first ImageNet ones.

    Those (V1) rather than the newer recipes (V2): label smoothing and the like raise ImageNet's
    accuracy and lower that of a linear head on frozen features (Kornblith et al. 2021, Why do
    better loss functions lead to less transferable features?). Files for another architecture
    size or normalisation than V1's are left out.
    """
    from torchvision.models import get_model_weights

    rows = []
    for name, (family, title) in TORCHVISION.items():
        entries = list(get_model_weights(name))
        first = next(entry for entry in entries if entry.name == "IMAGENET1K_V1")
        look = first.transforms()
        alike = [e for e in entries if e.transforms().mean == look.mean
                 and e.transforms().crop_size == look.crop_size]  # fmt: skip
        alike.sort(key=lambda entry: entry is not first)
        rows.append(
            {
                "id": name,
                "family": family,
                "name": title,
                "params": first.meta["num_params"],
                "input_size": look.crop_size[0],
                "mean": look.mean,
                "std": look.std,
                "interpolation": look.interpolation.value,
                "weights": [source_of(entry) for entry in alike],
            }
        )
    return rows


def source_of(entry: Any) -> dict[str, Any]:
    """torchvision publishes sizes in MiB with three decimals."""
    size = round(entry.meta["_file_size"] * 2**20)
    return {
        "url": entry.url,
        "size": size,
        "hash_prefix": hash_prefix(entry.url),
        "name": entry.name,
    }


def write(name: str, rows: list[Any]) -> Path:
    """A JSON array with one row a line, so that a new version shows what changed."""
    place = Path(catalog.__file__).with_name(name)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    place.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return place


def main(which: str) -> None:
    torch.set_num_threads(1)
    if which == "timm":
        from tlstudio.ml.zoo.timm_table import timm_rows

        print(write("timm.json", timm_rows()))
    elif which == "detectors":
        from tlstudio.ml.zoo.detector_table import detector_rows

        print(write("detectors.json", detector_rows()))
    elif which == "segmenters":
        from tlstudio.ml.zoo.segmenter_table import segmenter_rows

        print(write("segmenters.json", segmenter_rows()))
    else:
        print(write("torchvision.json", torchvision_rows()))


if __name__ == "__main__":
    main(sys.argv[1])
