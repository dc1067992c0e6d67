"""Words about styling: one picture in the look of others."""

MESSAGES: dict[str, str] = {
    "styling.size": "Size",
    "styling.size.help": "Longest side of the result. Larger shows finer strokes and takes longer:"
    " twice the size is four times the work. At most 4 megapixels.",
    "styling.style_weight": "Strength of the style",
    "styling.style_weight.help": "How much of the style image's look is taken; 1 is recommended.",
    "styling.content_weight": "Faithfulness to the content",
    "styling.content_weight.help": "How much of the content image's forms is kept; 1 is"
    " recommended.",
    "styling.style_scale": "Size of the strokes",
    "styling.style_scale.help": "How large the style image is taken beside the result. Below 1 the"
    " strokes become finer, above 1 broader.",
    "styling.smoothness": "Smoothness",
    "styling.smoothness.help": "How much noise between neighbouring pixels is taken away"
    " (total variation); 1 is recommended, 0 turns it off.",
    "styling.colour": "Colours",
    "styling.colour.help": "Whose colours the result has.",
    "styling.colour.style": "Those of the style",
    "styling.colour.luminance": "Those of the content; only brightness is styled",
    "styling.colour.histogram": "The style image's colours are matched to the content's first",
    "styling.network": "Feature network",
    "styling.network.help": "The network whose features are compared. SqueezeNet is small and"
    " quick; VGG19 gives rounder strokes, is twenty times slower, and its weights are large.",
    "styling.network.squeezenet1_1": "SqueezeNet 1.1",
    "styling.network.vgg19": "VGG19",
    "styling.device": "Device",
    "styling.device.help": "Where to compute. Automatic takes the graphics card if one can be"
    " used.",
    "styling.device.auto": "Automatic",
    "styling.device.cpu": "Processor (CPU)",
    "styling.device.cuda": "Graphics card (CUDA)",
    "styling.device.mps": "Apple graphics (MPS)",
    "styling.time_limit": "Time limit",
    "styling.time_limit.help": "Stop after this many minutes and keep what is there.",
    "styling.steps": "Steps",
    "styling.steps.help": "Steps of the optimisation, over all scales. Automatic: enough to"
    " settle it, some 300.",
    "styling.optimizer": "Optimiser",
    "styling.optimizer.help": "L-BFGS comes to a good picture in fewer steps; Adam takes less"
    " memory.",
    "styling.optimizer.lbfgs": "L-BFGS",
    "styling.optimizer.adam": "Adam",
    "styling.learning_rate": "Learning rate",
    "styling.learning_rate.help": "Size of a step of Adam, as a share of the range from black to"
    " white. Automatic: 0.02. L-BFGS finds its own.",
    "styling.start": "Start from",
    "styling.start.help": "What the optimisation begins with. Noise lets the style decide more and"
    " takes longer.",
    "styling.start.content": "The content image",
    "styling.start.noise": "Noise",
    "styling.content_layers": "Content layers",
    "styling.content_layers.help": "Layers of the feature network whose values are kept, separated"
    " by commas. Deeper ones keep less of the detail. auto: those that are recommended.",
    "styling.style_layers": "Style layers",
    "styling.style_layers.help": "Layers of the feature network whose statistics are taken,"
    " separated by commas. Early ones carry colour and texture, deeper ones larger forms."
    " auto: those that are recommended.",
    "styling.seed": "Seed",
    "styling.seed.help": "The same seed, pictures and settings give the same result again.",
    "styling.window": "Window",
    "styling.window.help": "Which values of 16-bit, floating-point and DICOM images are black and"
    " which are white.",
    "styling.window.auto": "Automatic: the file's own, else its percentiles",
    "styling.window.file": "As the file says",
    "styling.window.percentiles": "Each image's 0.5 and 99.5 percentiles",
    "styling.window.full": "All that the bits can hold",
    "styling.window.fixed": "The same values for all images",
    "styling.window_low": "Black at",
    "styling.window_low.help": "The raw value that is black, with a fixed window.",
    "styling.window_high": "White at",
    "styling.window_high.help": "The raw value that is white, with a fixed window.",
    "styling.layer": "{network} has no layer called {layer}; its layers are {known}",
    "styling.no_weight": "content and style both have the weight 0, so there is nothing to do;"
    " give one of them a weight above 0",
    "styling.weight": "the share of {file} among the styles cannot be {value}; give a number"
    " above 0",
    "styling.no_style": "there is no style image; choose at least one",
    "styling.too_many_styles": "{count} style images are too many; choose at most {most}",
    "styling.too_many_pixels": "a result of {width} x {height} pixels is too large; the largest"
    " size for this picture is {largest}",
    "styling.too_thin": "a result of {width} x {height} pixels is too narrow for the feature"
    " network; take a size of at least {least}, or cut the picture",
    "styling.ending": "{file} cannot hold the result; give a name that ends with one of {endings}",
    "styling.out": "the result cannot be written to {file}: {reason}; choose another place",
    "styling.region": "{file} leaves no place for its style: it is black everywhere; paint white"
    " where the style belongs",
    "styling.weights": "the weights of {network} are not the ones this needs: {file} lacks {layer};"
    " fetch or import the weights of {network} again",
    "styling.memory": "the memory is used up; close other programs, or take a smaller size",
    "styling.diverged": "the picture became worse instead of better; take a smaller learning rate"
    " or weights closer to 1",
    "styling.stage.reading": "Reading pictures",
    "styling.stage.looking": "Looking at the style",
    "styling.stage.painting": "Painting",
    "styling.stage.writing": "Writing the result",
    "styling.network_unknown": "there is no feature network called {network}; there are {known}",
    "styling.weights_file": "{file} is no file; give `default`, or the file that holds the weights"
    " of the feature network",
    "styling.gone": "picture {number} is not in the history any more",
    "styling.saved_already": "this picture is in the project already, as image {image}",
    "styling.over_source": "{file} is one of the pictures this is made from, and those are never"
    " written over; give another name",
    "styling.no_out": "name the file or the folder for the result with --out; or a project with"
    " --project, which keeps pictures in its history",
    "styling.no_project": "{option} needs a project; name it with --project",
    "styling.mix": "--mix {mix} does not fit: give one number for {styles:the one style|each of"
    " the {styles} styles, such as 2,1}",
    "styling.regions": "{regions} {regions:region does|regions do} not fit {styles}"
    " {styles:style|styles}; give one for each, or - where a style goes everywhere",
    "styling.styles_and_model": "a run has learned its style already; leave out the style images,"
    " or leave out --model",
    "styling.options_and_model": "a run has learned its style already, so {options} cannot change"
    " it; leave them out, or leave out --model",
    "styling.frame_of_one": "--frame goes with one file; leave it out for a folder, whose frames"
    " are all taken",
    "styling.out_is_file": "{file} is a file, and the pictures need a folder; name another place",
    "styling.one_file": "{count:the pictures of a folder|{count} pictures} do not fit into the"
    " one file {file}; name a folder",
    "styling.cancelled": "called off; pictures that were finished before stay in {file}",
    "styling.held_back": "{count} {count:picture is|pictures are} in the project and in no split:"
    " what {count:it was|they were} made from is in validation or test, so {count:it|they} must"
    " not be learned from",
    "style.replaced": "a newer request took the place of this one",
}
