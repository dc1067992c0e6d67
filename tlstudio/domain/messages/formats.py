"""Words about the topic "formats": recognising, reading and writing annotation files."""

MESSAGES: dict[str, str] = {
    # recognising and reading
    "data.format_none_beside": "{count} files beside the images may be annotations, but of no"
    " format known here; looked for: {looked_for}",
    "data.format_also": "the annotations were read as {format}; there are others beside them as"
    " {others}, which were left alone",
    # which image is meant
    "data.frame_not_here": "frame {frame} of {file} was left out: only the first frame of a file"
    " comes in; export the video as images",
    "data.image_ambiguous": "{file} is annotated but could be {count} different images; nothing"
    " was attached",
    "data.image_missing": "{file} is annotated but there is no such image; choose the folder that"
    " holds it",
    "data.images_unnamed": "{count} images are not named by the annotations and come in without"
    " labels",
    "data.format_none": "no annotation format was recognised in {file}; looked for: {looked_for}",
    "data.format_not_this": "nothing in {file} looks like {format}; choose another format, or auto",
    "data.file_too_large": "{file} is larger than {limit} MB and was not read",
    "data.json_broken": "{file} is not valid JSON ({detail})",
    "data.json_deep": "{file} is nested too deeply to be an annotation file",
    "data.xml_broken": "{file} is not valid XML ({detail})",
    "data.xml_entities": "{file} defines XML entities, which annotation files never need;"
    " it was not read",
}
