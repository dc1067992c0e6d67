"""Words about the topic "formats": recognising, reading and writing annotation files."""

MESSAGES: dict[str, str] = {
    # recognising and reading
    "data.format_none_beside": "{count} {count:file|files} beside the images may be annotations,"
    " but of no format known here; looked for: {looked_for}",
    "data.not_used": "{file} is no image, and no part of the annotations that were read",
    "data.format_also": "the annotations were read as {format}; there are others beside them as"
    " {others}, which were left alone",
    "command.label_pair": "{text} is no OLD=NEW: the label's name in the source, and its name here",
    # archives
    "data.stage.unpacking": "Unpacking",
    "data.archive_broken": "the archive {file} cannot be unpacked ({detail}); copy it again from"
    " where it came from",
    "data.archive_kind": "{file} is an archive of a kind that is not unpacked here; unpack it and"
    " import the folder",
    "data.archive_locked": "the archive {file} is locked with a password; unpack it and import the"
    " folder",
    "data.archive_bomb": "the archive {file} claims to hold {size} MB, far more than one of its"
    " size can; it was not unpacked",
    "data.archive_files": "the archive {file} holds more than {limit} files; unpack it and import"
    " the folders one by one",
    "data.archive_room": "unpacking {file} takes {need} MB and {free} MB are free; free some space,"
    " or unpack it elsewhere and import the folder by reference",
    "data.archive_reference": "images in the archive {file} can only be copied; unpack it first to"
    " import by reference",
    "data.archive_inside": "{file} is an archive within the source; import it by itself",
    # why a member of an archive was left out
    "data.archive_climbs": "{file} means to lie outside the archive",
    "data.archive_link": "{file} is a link, which archives of images never need",
    "data.archive_name": "{file} has a name that no file here can have; rename it",
    "data.archive_twice": "{file} is in the archive under a name that another file or folder has",
    "data.archive_member": "{file} is damaged inside the archive ({detail})",
    # which image is meant
    "data.frame_not_here": "what is said of frame {frame} of {file} was left out: there is no such"
    " frame; export a video as images",
    "data.image_ambiguous": "the annotations of {file} could be for {count} different images;"
    " nothing was attached",
    "data.image_missing": "there is no image {file}, though it is annotated; choose the folder that"
    " holds it",
    "data.images_unnamed": "{count} {count:image is not|images are not} named by the annotations"
    " and {count:comes|come} in without labels",
    "data.format_none": "no annotation format was recognised in {file}; looked for: {looked_for}",
    "data.format_not_this": "nothing in {file} looks like {format}; choose another format, or auto",
    "data.file_too_large": "{file} is larger than {limit} MB and was not read",
    "data.json_broken": "{file} is not valid JSON ({detail})",
    "data.json_deep": "{file} is nested too deeply to be an annotation file",
    "data.xml_broken": "{file} is not valid XML ({detail})",
    "data.xml_entities": "{file} defines XML entities, which annotation files never need;"
    " it was not read",
    "data.image_twice": "the annotations of {file} are for an image that another entry means too;"
    " they were left out",
    "data.embedded_reference": "the image {file} lies inside the annotation file; import with"
    " copies to bring it in",
    # shapes that were left out, or not taken as they are; {count} of them on the image {file}
    "data.shape_unlabelled": "{count} {count:shape|shapes} on {file} {count:has|have} no label;"
    " give {count:it|them} one when importing",
    "data.shape_unknown": "{count} {count:shape|shapes} on {file} {count:says|say} nothing of"
    " where {count:it lies|they lie}",
    "data.shape_negative": "{count} {count:box|boxes} on {file} {count:has|have} a negative width"
    " or height",
    "data.shape_small": "{count} {count:shape|shapes} on {file} {count:covers|cover} less than a"
    " pixel",
    "data.shape_outside": "{count} {count:shape|shapes} on {file} {count:lies|lie} outside the"
    " image",
    "data.shape_label": "{count} {count:shape|shapes} on {file} {count:has|have} a label that is"
    " too long or of several lines; give it another name when importing",
    "data.shape_not_finite": "{count} {count:shape|shapes} on {file} {count:has|have} coordinates"
    " that are no numbers",
    "data.shape_few_points": "{count} {count:outline|outlines} on {file} {count:has|have} fewer"
    " than three points",
    "data.shape_empty": "{count} {count:mask|masks} on {file} {count:holds|hold} no pixel",
    "data.mask_size": "{count} {count:mask|masks} on {file} {count:has|have} another size than the"
    " image",
    "data.shapes_cut": "{count} {count:shape|shapes} reached out of {count:its image and was|their"
    " image and were} cut to it",
    "data.parts_dropped": "{count} {count:polygon|polygons} had parts that cover nothing; those"
    " were left out",
    "data.shapes_doubled": "{count} {count:shape was|shapes were} in the file twice and came in"
    " once",
    "data.ids_doubled": "{count} {count:shape has|shapes have} the id of another one on the same"
    " image; all came in",
    "data.images_turned": "the shapes of {count} {count:image|images} were drawn on the picture as"
    " it lies in its file; they were turned upright with it",
    "data.images_resized": "{count} {count:image has|images have} another size than the"
    " annotations say; look whether {count:its|their} shapes lie where they should",
    "data.label_background": "the label {name} became one of the background: where it is drawn on"
    " top of others there is nothing",
    "data.labels_left_out": "{count} {count:shape has|shapes have} a label that you chose to leave"
    " out",
    "data.not_trainable": "{count} {count:point, line or the like|points, lines and the like}"
    " cannot be learned from; {count:it is kept with its image|they are kept with their images}",
    "data.stage.shapes": "Reading annotations",
}
