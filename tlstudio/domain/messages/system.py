"""Words about the topic "system": worker processes, runs, figures, the command line, the doctor."""

MESSAGES: dict[str, str] = {
    # worker processes
    "job.silent": "the worker has said nothing for {seconds} s;"
    " it may be busy with one long step, or hang",
    "job.no_answer": "the worker did not answer within {seconds} s and was ended; try again",
    "job.not_started": "the worker process could not be started ({detail});"
    " close other programs and try again",
    "job.lost": "the program ended while this run was going on; resume it to go on from its last"
    " checkpoint",
    "undo.run": "Run",
    "undo.suggest": "Store suggestions",
    # what a run learns from
    "training.kind_unknown": "{kind} is no kind of annotation; choose one of {known}",
    "training.no_images_at_all": "there are no images in {file}; import some first",
    "training.no_labels": "no image has a label yet; label some images of at least two labels",
    "training.no_labels_but": "there are no annotations of the kind {kind}, but of {others};"
    " choose what to learn from with --from",
    "training.task_unavailable": "this program cannot train the task {task} yet;"
    " it can train classification",
    "training.other_task": "{model} is a model for {task}, not for {wanted}",
    "training.weights_file": "there is no weights file {file}; weights can be default, none,"
    " a file, or run:ID",
    "training.nothing_to_resume": "{run} came to its end, so there is nothing to go on with;"
    " start a new run, from its weights if you like (--weights run:{run})",
    "training.left_out.unlabelled": "{count} of {total} images have no label and are not used",
    "training.left_out.disputed": "{count} of {total} images are disputed and are not used",
    "training.left_out.several": "{count} of {total} images have more than one label and are not"
    " used",
    "training.left_out.missing": "the files of {count} of {total} images are missing, so these are"
    " not used; relink them",
    "training.suggestions_unused": "{count} suggestions that nobody accepted are not used",
    "training.kinds_unused": "annotations of other kinds are not used: {kinds}",
    "training.without_split": "{count} labelled images are in no split and are not used;"
    " split the project to use them",
    "training.leaks": "{count} leaks between the splits: the same pixels or the same group on both"
    " sides, so the figures will flatter",
    "training.held_out": "no image is in the validation split, so {count} training images are held"
    " out to choose the best epoch; the project's own splits stay as they are",
    # figures
    "data.leak": "the run has learned from what it would be tested on: {count} leaks into the split"
    " {split} ({identical} with identical pixels, {groups} shared groups, such as {example});"
    " split again and train anew, or allow leaks to see figures that flatter",
    "evaluation.no_images": "no labelled image is in the split {split}; split the project, or"
    " choose another split",
    "evaluation.unknown_labels": "{count} images have a label that {run} has not learned and are"
    " left out",
    "evaluation.near": "{count} images of the split {split} look nearly like images the run has"
    " learned from; look at the duplicates",
    "evaluation.few_groups": "too few groups for intervals over groups: there are {groups},"
    " they are claimed from 100",
    "metric.interval.bootstrap": "95 % interval from resampling whole groups (bootstrap)",
    "metric.interval.wilson": "95 % interval of a proportion (Wilson)",
    "metric.interval.mover-wilson": "95 % interval of a mean of proportions (Wilson, combined)",
    "metric.interval.too-few-groups": "too few groups for an interval",
    "metric.interval.undefined": "cannot be computed on these images",
    # predictions
    "predict.no_images": "there is no image to predict in {file}",
    "predict.no_file": "there is no file {file}",
}
