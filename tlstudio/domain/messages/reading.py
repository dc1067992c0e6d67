"""Words about the topic "reading": what in an annotation file could not be taken as it is."""

MESSAGES: dict[str, str] = {
    # why an object of a file was left out
    "reading.not_numbers": "{count} {count:shape has|shapes have} coordinates that are missing or"
    " no numbers",
    "reading.negative": "{count} {count:box has|boxes have} a negative width or height",
    "reading.few_points": "{count} {count:outline has|outlines have} fewer than three points",
    "reading.many_points": "{count} {count:outline has|outlines have} more than {limit} points;"
    " simplify {count:it in the tool it comes|them in the tool they come} from",
    "reading.unknown_kind": "{count} {count:shape is|shapes are} of a kind not known here ({kind})",
    "reading.no_category": "{count} {count:annotation has|annotations have} a label number that"
    " the file does not list",
    "reading.mask": "{count} {count:mask is|masks are} damaged ({detail})",
    "reading.entry": "{count} {count:entry is|entries are} not built as the format says",
    "reading.no_image": "{count} {count:entry names|entries name} no image",
    "reading.no_size": "{count} {count:image gives neither its size nor can it|images give neither"
    " their size nor can they} be found, so what is given in per cent of it has no place",
    "reading.rotated_view": "{count} {count:shape was|shapes were} drawn on a picture turned by"
    " the tool; turn it back there and export again",
    "reading.many_frames": "{count} {count:track reaches|tracks reach} over more frames than can"
    " be filled in; only {count:its|their} key frames came in. Export {count:it|them} as CVAT for"
    " images to have all of them",
    "reading.image_data": "{count} {count:image|images} inside the file {count:is|are} damaged",
    # why a file was left out
    "reading.not_format": "{file} holds no {format} annotations",
    "reading.mask_missing": "the mask {mask} that {file} names is not there",
    # what was done that a person should know
    "reading.deleted": "{count} {count:shape|shapes} that had been deleted in the tool"
    " {count:was|were} left out",
    "reading.other_people": "{count} {count:image was|images were} annotated more than once; the"
    " annotation marked as true, else the latest one, was taken",
    "reading.cancelled": "{count} {count:annotation|annotations} that people had skipped or"
    " cancelled {count:was|were} left out",
    "reading.suggestions": "{count} {count:prediction was taken as a suggestion, on an"
    " image|predictions were taken as suggestions, on images} that nobody has annotated",
    "reading.suggestions_left": "{count} {count:prediction on an image|predictions on images} that"
    " people have annotated {count:was|were} left out",
    "reading.other_data": "{count} {count:task is not about an image and was|tasks are not about"
    " an image and were} left out",
    "reading.interpolated": "{count} {count:shape|shapes} between key frames {count:was|were}"
    " filled in",
    "reading.frames_by_order": "frames of the video were matched with the images in the order of"
    " their names",
    "reading.class_attribute": "the attribute {name} was taken as the label",
    "reading.inner": "{count} {count:outline|outlines} inside objects, such as nuclei,"
    " {count:was|were} left out",
    "reading.measurements": "the measurements of {count} {count:object|objects} were left out",
    "mask.broken": "the mask is no image that can be read",
    "mask.too_large": "the mask has more than {limit} million pixels",
}
