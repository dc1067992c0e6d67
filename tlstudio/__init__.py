"""TL Studio: label images, fine-tune a pretrained model on them, check it, take it away."""

__version__ = "0.1.0"
