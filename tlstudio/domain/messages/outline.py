"""Words about the topic "outline": cutting shapes, filling, outlines found by the program."""

MESSAGES: dict[str, str] = {
    "outline.not_cut": "the line does not divide the shape; draw it right across, beginning and"
    " ending outside",
    "outline.box_small": "the box is too small to find anything in it; draw it at least {least}"
    " pixels wide and high",
    "outline.nothing_found": "nothing in the box stands out from what is around it; draw the box"
    " a little wider around the thing, click on it, or outline it with the polygon or the brush",
}
