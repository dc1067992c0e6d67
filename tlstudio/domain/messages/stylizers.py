"""Words about stylizers: networks that learn one style in a run and redraw a picture at once."""

MESSAGES: dict[str, str] = {
    "training.stage.style": "Learning the style",
    "training.stage.restyling": "Restyling",
    "style.random_features": "{model} learns from a feature network, and random features teach no"
    " style; take --weights default, or a file with the feature network's weights",
    "style.no_images": "no image is in the training split; import images and split the project"
    " first",
    "style.no_validation": "no image is in the validation split, so the loss on the training images"
    " says which epoch is best",
    "style.some_images": "{used} of {total} images {used:is|are} learned from: more than this run"
    " can show would only be read",
    "style.too_small": "an image of {width} x {height} pixels is too small to be restyled; each"
    " side needs at least {least}",
    "style.too_large": "an image of {width} x {height} pixels is too large to be restyled;"
    " make it smaller first, {most} million pixels are the most",
}
