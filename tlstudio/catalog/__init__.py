"""The tables of models as data: ids, sizes, normalisation, licences, weights, checksums.

Duty: describe each pretrained model without loading it.
May import: domain.
Never: imports torch, timm or torchvision; touches the network.
"""
