"""Words about the topic "formats": recognising, reading and writing annotation files."""

MESSAGES: dict[str, str] = {
    # recognising and reading
    "data.format_none": "no annotation format was recognised in {file}; looked for: {looked_for}",
    "data.format_not_this": "nothing in {file} looks like {format}; choose another format, or auto",
    "data.file_too_large": "{file} is larger than {limit} MB and was not read",
    "data.json_broken": "{file} is not valid JSON ({detail})",
    "data.json_deep": "{file} is nested too deeply to be an annotation file",
    "data.xml_broken": "{file} is not valid XML ({detail})",
    "data.xml_entities": "{file} defines XML entities, which annotation files never need;"
    " it was not read",
}
