"""Words about the topic "objects": what annotation files hold that was left out or guessed."""

MESSAGES: dict[str, str] = {
    "formats.rle": "{file}: a mask's run lengths are damaged ({detail})",
    # why an object was left out; `where` says which one
    "objects.more": "{count} more lines of {file} say the same as the {of} in all that were left"
    " out for one reason",
    "objects.not_this": "{file} is not laid out like an annotation file of its format",
    "objects.no_object": "{file}: {where} is not an object and was left out",
    "objects.no_id": "{file}: {where} has no id and was left out",
    "objects.double_image": "{file}: the image id {id} is used twice; the first was kept",
    "objects.no_file_name": "{file}: {where} names no image file",
    "objects.no_image": "{file}: {where} belongs to the image {image}, which the file does not"
    " list",
    "objects.no_label": "{file}: {where} has the label {label}, which the file does not list",
    "objects.no_shape": "{file}: {where} has no shape that can be read",
    "objects.not_finite": "{file}: {where} has a coordinate that is not a number",
    "objects.negative_size": "{file}: {where} has a negative width or height",
    "objects.too_few_points": "{file}: {where} has fewer than three points",
    "objects.too_many_points": "{file}: {where} has more than {most} points",
    "objects.other_size": "{file}: {where} is for an image of {width} x {height} pixels, and the"
    " image has another size",
    "objects.no_mask_file": "{file}: the mask {mask} is not there",
    "objects.no_segment": "{file}: the mask {mask} has no pixel of the segment {where}",
    "objects.not_relative": "{file}: {where} is not in fractions of the image, as this format has"
    " it",
    "objects.line": "{file}: {where} is not a line of this format",
    "objects.no_size": "{file} was left out: it tells places as fractions, and the image"
    " {image} is not among the files; choose the folder that holds the images",
    # what was guessed or remarked
    "objects.double_ids": "{count} ids in {file} are used twice; the objects were kept without them",
    "objects.unused_label": "the label {label} of {file} only names the others and was left out",
    "objects.captions": "{count} captions were kept as attributes of their images",
    "objects.points": "{count} sets of points cannot be trained on; they were kept as attributes"
    " of their images",
    "objects.names_missing": "{file} names no label for some classes; they are called by their"
    " number",
    "objects.split_not_found": "{entry} in {file} is no folder or list here; its images came in"
    " without that split",
    "objects.image_without_labels": "{count} images have no file of labels; they came in as not"
    " labelled",
    "objects.voc_one": "the corners were read as counted from 1 with the last pixel inside ({why})",
    "objects.voc_zero": "the corners were read as counted from 0 ({why})",
    "objects.void": "{count} masks hold pixels that are marked as void; these belong to no label",
    "objects.mask_values": "the values in the masks are named by no file; the labels are called by"
    " value or colour",
    "objects.mask_instances": "the values in the masks were taken as numbers of objects, not of"
    " classes",
    "objects.mask_soft": "{count} masks are JPEG or have soft edges; pixels above the middle were"
    " taken",
    "objects.relative_table": "the coordinates in {file} are all between 0 and 1 and were read as"
    " fractions of the image",
}
