"""Words about runs that learn a style, and about restyling pictures with what they keep."""

MESSAGES: dict[str, str] = {
    # what a run needs
    "training.style_none": "there is no style image to learn from; name one with --style FILE, or"
    " --style image:ID for an image of the project",
    "training.style_file": "there is no picture {file}; name the file of a style image, or"
    " image:ID for an image of the project",
    "training.style_image": "{image} is no image of the project; name the file of a style image,"
    " or image:ID with the number of one",
    "training.style_lost": "the style image of {run} is no longer in its folder, so it cannot go"
    " on; start a new run with the style image",
    "training.style_unwanted": "only a run of the task style learns from a style image, and this"
    " one is of the task {task}; leave --style out, or train with --task style",
    "training.style_kinds": "a style is learned from the pictures alone, never from annotations;"
    " leave --from out",
    "training.style_random": "{model} learns what its feature network sees, and random features"
    " teach no style; take the default weights: --weights none is for other tasks",
    "training.style_from_run": "a style is learned with the weights of the feature network"
    " {network} and not with those of a run; take the default weights, or a file of them",
    "training.stylizer_start": "{run} is a stylizer: what it has learned is of no use to {model};"
    " start from other weights",
    "weights.absent_features": "{model} learns a style through the feature network {backbone},"
    " whose weights are not on this computer; get them with `tlstudio weights fetch {backbone}`,"
    " or with `tlstudio weights import {backbone} FILE` from a file you have",
    "project.no_best_style": "stylizers cannot be ranked, since each has learned a style of its"
    " own; name the run, or take latest",
    "training.all_missing": "{count:the file of the only image is|the files of all {count} images"
    " are} missing; relink {count:it|them} first",
    "training.nothing_to_resume_style": "{run} came to its end, so there is nothing to go on with;"
    " start a new run with more epochs",
    "training.all_synthetic": "{count:the only image was|all {count} images were} made here, and a"
    " style is learned with pictures that were taken; import some",
    # what weakens a run
    "training.few_pictures": "only {count} {count:image|images} to learn from; a stylizer should"
    " see at least {least}, of the kind that it will restyle",
    "training.unsplit_pictures": "{count} {count:image is|images are} in no split and"
    " {count:is|are} not used; split the project to use {count:it|them}",
    "training.synthetic_unused": "{count} {count:image that was|images that were} made here"
    " {count:is|are} not learned from",
    # why a setting is recommended
    "defaults.style.image_size": "{size} px: large enough for strokes and forms, and quick to"
    " learn from",
    "defaults.style.epochs": "{value} rounds of {squares} squares cut out of the images; the style"
    " is well learned by then",
    "defaults.style.batch_size": "{value}: small steps bring a style sooner than large batches",
    "defaults.style.width": "{value} channels: draws well and stays quick without a graphics card",
    # restyling
    "restyle.only_style": "{run} is a run of the task {task}, which restyles nothing; name a run"
    " of the task style",
    "restyle.needs_out": "a stylizer answers with pictures; say where to with --out FOLDER",
    "restyle.no_suggestions": "a stylizer answers with pictures, which are no suggestions for"
    " labels; leave --write out",
    "restyle.no_threshold": "a stylizer answers with pictures, which have no confidence; leave"
    " --threshold out",
    "restyle.predictions": "{run} is a stylizer: it answers with pictures and not with labels;"
    " restyle images with it instead",
    "restyle.out_is_file": "{file} is a file, and the restyled pictures need a folder",
    "restyle.out_is_folder": "{file} is a folder; name a file for the one picture",
    "restyle.out_ending": "no picture can be written as {file}; the name has to end in one of"
    " {endings}",
    "restyle.one_file": "{count} pictures do not go into the one file {file}; name a folder",
    "restyle.over_original": "{file} is one of the pictures to be restyled, and originals are"
    " never written over; choose another name",
    "restyle.inside_project": "{file} lies inside the project, where only its own files belong;"
    " choose a folder elsewhere",
    "restyle.not_written": "the restyled picture could not be written to {file}: {reason}",
    "evaluation.style": "{run} learned a style, and there is no right answer to hold a restyled"
    " picture against, so it has no test figure. Look at its examples on the Results page,"
    " restyle some pictures of your own, or compare the losses of its curves with those of a run"
    " with other settings",
}
