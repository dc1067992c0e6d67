"""Words about the topic "objects": what annotation files hold that was left out or guessed."""

MESSAGES: dict[str, str] = {
    "formats.rle": "the run lengths of a mask are damaged ({detail})",
    "data.yaml_broken": "{file} cannot be read as a description of a data set ({detail})",
    # why objects or files were left out
    "objects.double_image": "{count} {count:image is|images are} listed twice; {count:the"
    " first|the first of each} was kept",
    "objects.double_category": "{count} {count:label has|labels have} no id, or one that is used"
    " twice; the first was kept",
    "objects.no_image": "{count} {count:annotation belongs to an image|annotations belong to"
    " images} that {file} does not list",
    "objects.other_size": "{count} {count:mask is for an image|masks are for images} of {width} x"
    " {height} pixels, and {count:its own has|theirs have} another size",
    "objects.no_mask_file": "the mask {mask} that {file} names is not there or cannot be read",
    "objects.no_segment": "{count} {count:segment has no pixel in its|segments have no pixel in"
    " their} mask",
    "objects.not_relative": "{count} {count:line is|lines are} not in fractions of the image, as"
    " this format has them",
    "objects.line": "{count} {count:line is|lines are} not of this format",
    "objects.no_size": "{file} tells places as fractions of an image that is not among the files;"
    " choose the folder that holds the images",
    "objects.no_photo": "{file} is a mask, and no image or several images are called like it",
    "objects.many_values": "{file} has {values} values; no mask of classes or objects has so many",
    "objects.mask_lossy": "{file} has blurred or lossy edges: its {values} values are no labels or"
    " objects. Save it again from the tool that made it, as PNG and without smoothing",
    "objects.mask_fractions": "{file} holds fractions, or pixels that are no number; save the mask"
    " with whole numbers",
    "objects.mask_several": "{file} has several values, and most of the masks beside it tell one"
    " thing from all around it; put masks of each kind in a folder of their own",
    "objects.mask_pages": "{file} has {pages} pages; save the one that is the mask by itself",
    "objects.other_pages": "{file} has {pages} {pages:page|pages} and its image has {of_image};"
    " pages of masks belong to those of the image one by one, so there must be as many",
    "objects.other_place": "{file} does not lie where its image lies: origin, directions or steps"
    " of the voxels differ. Resample the mask onto the image; if its voxels are those of the image"
    " all the same, give it the image's header",
    # what was guessed or remarked
    "objects.double_ids": "{count} {count:annotation repeats|annotations repeat} the id of"
    " another; all were kept",
    "objects.unused_label": "{count} {count:label only names the others above it and was|labels"
    " only name the others above them and were} left out",
    "objects.captions": "{count} {count:caption was kept as an attribute of its image|captions"
    " were kept as attributes of their images}",
    "objects.points": "{count} {count:set|sets} of points cannot be trained on; {count:it was kept"
    " as an attribute of its image|they were kept as attributes of their images}",
    "objects.four_corners": "{count} {count:line|lines} of four corners (oriented boxes, or"
    " outlines of four points) came in as {count:a polygon|polygons} of these corners",
    "objects.names_missing": "no file names the classes; they are called by their number",
    "objects.split_not_found": "{count} {count:place|places} of splits {count:is|are} no folder or"
    " list here; {count:its|their} images came in with the split that their folder is called by,"
    " or none",
    "objects.image_without_labels": "{count} {count:image has|images have} no file of labels;"
    " {count:it|they} came in as not labelled",
    "objects.voc_one": "corners of boxes were read as counted from 1, with the last pixel inside:"
    " the boxes reach from 1 to the full width or height, or the set says that it is VOC's own",
    "objects.voc_zero": "corners of boxes were read as counted from 0: there are some below 1, with"
    " fractions or on top of each other, or the tool that wrote them counts so",
    "objects.voc_unsure": "corners of boxes were read as counted from 0, which nothing in the set"
    " proves; if its tool counts from 1, the boxes lie one pixel too far right and down",
    "objects.void": "{count} {count:mask holds|masks hold} pixels that are marked as void; these"
    " belong to no label",
    "objects.mask_values": "no file names the values in the masks; labels are called by value or"
    " colour",
    "objects.mask_instances": "the values of {count} {count:mask|masks} were taken as numbers of"
    " objects, not of classes",
    "objects.mask_foreground": "{count} {count:mask tells|masks tell} one thing from all around"
    " it: what is bright in {count:it|them} got the label foreground, the rest is background. Give"
    " the label its true name on the Images page, or with `tlstudio label rename`",
    "objects.mask_soft": "{count} {count:mask has soft edges or is|masks have soft edges or are}"
    " JPEG; pixels above the middle were taken",
    "objects.relative_table": "the coordinates in {file} lie between 0 and 1 and were read as"
    " fractions of the image",
}
