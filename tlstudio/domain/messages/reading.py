"""Words about the topic "reading": what in an annotation file could not be taken as it is."""

MESSAGES: dict[str, str] = {
    # why an object of a file was left out
    "reading.not_numbers": "{count} shapes have coordinates that are missing or no numbers",
    "reading.negative": "{count} boxes have a negative width or height",
    "reading.few_points": "{count} outlines have fewer than three points",
    "reading.many_points": "{count} outlines have more than {limit} points; simplify them in the"
    " tool they come from",
    "reading.unknown_kind": "{count} shapes are of a kind not known here ({kind})",
    "reading.no_category": "{count} annotations have a label number that the file does not list",
    "reading.mask": "{count} masks are damaged ({detail})",
    "reading.entry": "{count} entries are not built as the format says",
    "reading.no_image": "{count} entries name no image",
    "reading.no_size": "{count} images give neither their size nor can they be found, so what is"
    " given in per cent of it has no place",
    "reading.rotated_view": "{count} shapes were drawn on a picture turned by the tool; turn it"
    " back there and export again",
    "reading.many_frames": "{count} tracks reach over more frames than can be filled in; only their"
    " key frames came in. Export them as CVAT for images to have all of them",
    "reading.image_data": "{count} images inside the file are damaged",
    # why a file was left out
    "reading.not_format": "{file} holds no {format} annotations",
    "reading.mask_missing": "the mask {mask} that {file} names is not there",
    # what was done that a person should know
    "reading.deleted": "{count} shapes that had been deleted in the tool were left out",
    "reading.other_people": "{count} images were annotated more than once; the annotation marked"
    " as true, else the latest one, was taken",
    "reading.cancelled": "{count} annotations that people had skipped or cancelled were left out",
    "reading.suggestions": "{count} predictions were taken as suggestions, on images that nobody"
    " has annotated",
    "reading.suggestions_left": "{count} predictions on images that people have annotated were"
    " left out",
    "reading.other_data": "{count} tasks are not about an image and were left out",
    "reading.interpolated": "{count} shapes between key frames were filled in",
    "reading.frames_by_order": "frames of the video were matched with the images in the order of"
    " their names",
    "reading.class_attribute": "the attribute {name} was taken as the label",
    "reading.inner": "{count} outlines inside objects, such as nuclei, were left out",
    "reading.measurements": "the measurements of {count} objects were left out",
    "mask.broken": "the mask is no image that can be read",
    "mask.too_large": "the mask has more than {limit} million pixels",
}
