"""Words about looks: making images of one site look like another's."""

MESSAGES: dict[str, str] = {
    "look.no_images": "there is no image to learn the look from; choose at least one",
    "look.no_tissue": "there is no stained tissue in it, so no stain can be measured;"
    " choose the method colour (lab), or other images",
    "look.other_stains": "its colours are not those of tissue stained with haematoxylin and eosin;"
    " choose the method colour (lab)",
    "look.method": "there is no method {method} for a look; the methods are {known}",
    "look.strength": "the strength cannot be {value}; it goes from above 0 to 1",
    "look.no_file": "there is no file {file}",
    "look.no_pictures": "there is no image in {file}",
    "look.not_empty": "{file} is no empty folder, so nothing is written into it;"
    " choose a new or an empty folder",
    "look.unwritable": "{file} cannot be written ({reason}); choose another folder, or free some"
    " space",
    "look.where": "say where the images go: either --out with a folder, or --add with --project",
    "look.neural_only": "{option} needs a look in numbers, which neural has none of;"
    " choose another method",
    "look.needs_project": "{text} needs --project with the project it belongs to",
    "look.other_method": "this look was learned by the method {theirs}, so {method} cannot be"
    " used with it",
    # what became of images
    "look.unchanged": "left as it is: {file} ({message})",
    "look.skipped": "left out: {file} ({message})",
    "look.left_out": "a reference was left out: {file} ({message})",
    "look.more": "and {count} more",
    "look.rounded": "{count} {count:image holds|images hold} more than 16 bits a channel and"
    " {count:was|were} rounded to 16",
    "look.held_back": "{count} of them {count:is|are} not learned from, since what {count:it"
    " was|they were} made from is in validation or test",
    # stages
    "look.learning": "Learning the look",
    "look.matching": "Matching images",
    # methods
    "look.method.lab": "Colour",
    "look.method.lab.help": "Mean and spread of lightness and colours, in CIELAB (Reinhard et al.)."
    " For photographs and scans.",
    "look.method.histogram": "Histogram",
    "look.method.histogram.help": "The whole distribution of values. For images without colour,"
    " such as radiographs, and for scanners with other contrast.",
    "look.method.macenko": "Stain",
    "look.method.macenko.help": "Colours and amounts of haematoxylin and eosin, found in each slide"
    " (Macenko et al.). For tissue stained with H&E; white stays white.",
    "look.method.neural": "Neural",
    "look.method.neural.help": "Style transfer at low strength: grain and softness too. Seconds an"
    " image, and details may be painted that were never there: look closely.",
    # which method suits
    "look.suits.lab": "colour suits photographs and scans",
    "look.suits.histogram": "histogram suits images without colour, such as radiographs",
    "look.suits.macenko": "stain suits these: they look like slides stained with H&E",
    "look.unknown": "this is no look that this program can read; learn it again",
}
