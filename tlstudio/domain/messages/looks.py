"""Words about looks: making images of one site look like another's."""

MESSAGES: dict[str, str] = {
    "look.no_images": "there is no image to learn the look from; choose at least one",
    "look.no_tissue": "there is no stained tissue in it, so no stain can be measured;"
    " choose the method colour, or other images",
    "look.other_stains": "its colours are not those of tissue stained with haematoxylin and eosin;"
    " choose the method colour",
    "look.unknown": "this is no look that this program can read; learn it again",
}
