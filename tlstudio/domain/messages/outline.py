"""Words about the topic "outline": cutting shapes, filling, outlines found by the program."""

MESSAGES: dict[str, str] = {
    "outline.not_cut": "the line does not divide the shape; draw it right across, beginning and"
    " ending outside",
}
