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
    "training.kind_unfit": "{kind} is nothing that {task} can be learned from; it takes {known}",
    "training.no_shapes": "no image has an accepted annotation to learn from ({kinds});"
    " draw some on the Label page, or import them",
    "training.all_drafts": "{count} {count:image has shapes, but is not|images have shapes, but"
    " none is} marked as labelled; finish {count:it|them} on the Label page where all objects are"
    " drawn",
    "training.no_labels": "no image has a label yet; label some images of at least two labels",
    "training.no_labels_but": "there are no annotations of the kind {kind}, but of {others};"
    " choose what to learn from with --from",
    "training.task_unavailable": "this program cannot train the task {task} yet; it can train"
    " classification, detection, segmentation and style",
    "training.other_task": "{model} is a model for {task}, not for {wanted}; choose one of"
    " `tlstudio models --task {wanted}`, or train with --task {task}",
    "training.weights_file": "there is no weights file {file}; weights can be default, none,"
    " a file, or run:ID",
    "training.nothing_to_resume": "{run} came to its end, so there is nothing to go on with;"
    " start a new run, from its weights if you like (--weights run:{run})",
    "training.left_out.unlabelled": "{count} of {total} {total:image|images} {count:has|have} no"
    " label and {count:is|are} not used",
    "training.left_out.unmarked": "{count} of {total} {total:image|images} {count:has|have} no"
    " shapes and {count:is|are} not marked as labelled, so {count:it is|they are} not used;"
    " {count:finish it if it shows no object, and it counts as an image|finish those that show no"
    " object, and they count as images} without objects",
    "training.left_out.partly": "{count} of {total} {total:image|images} {count:has|have} shapes"
    " but {count:is|are} not marked as labelled, so {count:it is|they are} not used; finish"
    " {count:it|them} where all objects are drawn",
    "training.left_out.other_kinds": "{count} of {total} {total:image|images} {count:holds|hold}"
    " nothing but annotations of other kinds ({kinds}) and {count:is|are} not used; several kinds"
    " can be learned from together (--from {every}), and an image without objects that was"
    " reviewed counts as such",
    "training.left_out.spoiled": "{count} of {total} {total:image|images} {count:holds|hold} only"
    " shapes without an area and {count:is|are} not used; look at {count:it|them} on the Label"
    " page",
    "training.left_out.disputed": "{count} of {total} {total:image|images} {count:is|are} disputed"
    " and {count:is|are} not used",
    "training.left_out.several": "{count} of {total} {total:image|images} {count:has|have} more"
    " than one label and {count:is|are} not used",
    "training.left_out.missing": "the {count:file|files} of {count} of {total}"
    " {total:image|images} {count:is missing, so it is|are missing, so these are} not used; relink"
    " {count:it|them}",
    "training.dropped": "{count} {count:shape without an area within its image is|shapes without"
    " an area within their image are} not used",
    "training.without_objects": "{count} {count:image without objects is|images without objects"
    " are} learned from as such",
    "training.boxes_around": "there are no boxes, so those around {kinds} are learned from; a shape"
    " that covers several objects counts as one, unless it is separated on the Label page",
    "training.suggestions_unused": "{count} {count:suggestion that nobody accepted is|suggestions"
    " that nobody accepted are} not used",
    "training.kinds_unused": "annotations of other kinds are not used: {kinds}",
    "training.kinds_mixed": "{count} {count:image holds|images hold} shapes of other kinds beside"
    " those learned from; what has no other shape is taught as background there. Where such shapes"
    " are further objects, learn from all (--from {every})",
    "training.without_split": "{count} {count:labelled image is|labelled images are} in no split"
    " and {count:is|are} not used; split the project to use {count:it|them}",
    "training.leaks": "{count} {count:leak|leaks} between the splits: the same pixels or the same"
    " group on both sides, so the figures will flatter",
    "training.weights_leak": "{weights} has learned from images that are in the test split now:"
    " {count} {count:leak|leaks}, so that figures on the test will be refused; start from other"
    " weights, or divide the images so that the test holds none of them",
    "training.made_here": "{count} of the {total} {total:image|images} to learn from"
    " {count:was|were} made here; whether {count:it helps|they help} is only seen by a run without"
    " {count:it|them}, on the same test images",
    "training.held_out": "no image is in the validation split, so {count} {count:training image"
    " is|training images are} held out to choose the best epoch; the project's own splits stay as"
    " they are",
    # figures
    "data.leak": "the run has learned from what it would be tested on: {count} {count:leak|leaks}"
    " into the split {split} ({identical} with identical pixels, {made} between pictures made here"
    " and what they were made from, {groups} shared {groups:group|groups}, such as {example});"
    " split again and train anew, or allow leaks to see figures that flatter",
    "evaluation.no_images": "no labelled image is in the split {split}; split the project, or"
    " choose another split",
    "evaluation.none_of_site": "no labelled image of the site {site} is in the split {split}; hold"
    " that site out, or choose another one",
    "evaluation.unknown_labels": "{count} {count:image has|images have} a label that {run} has not"
    " learned and {count:is|are} left out",
    "evaluation.unknown_objects": "{count} {count:object has|objects have} a label that {run} has"
    " not learned; {count:it counts|they count} neither as found nor as missed",
    "evaluation.run_before_gone": "{run} started from the model of {before}, of which nobody knows"
    " any more what it had learned from; if images of this split were among it, the figures"
    " flatter",
    "evaluation.threshold": "a confidence lies between 0 and 1, {value} does not",
    "evaluation.no_threshold": "{run} has no use for a threshold; only the boxes of a detector"
    " count from a confidence on",
    "evaluation.stage.comparing": "Comparing with the truth",
    "evaluation.near": "{count} {count:image|images} of the split {split} {count:looks|look}"
    " nearly like images the run has learned from; look at the duplicates",
    "evaluation.few_groups": "too few groups for intervals by the bootstrap: there {groups:is|are}"
    " {groups}, they are claimed from 100; each figure has another interval, or none",
    "metric.interval.bootstrap": "95 % interval from resampling whole groups (bootstrap)",
    "metric.interval.jackknife": "95 % interval from leaving out each group in turn (jackknife)",
    "metric.interval.wilson": "95 % interval of a proportion (Wilson)",
    "metric.interval.mover-wilson": "95 % interval of a mean of proportions (Wilson, combined)",
    "metric.interval.bonett-price": "95 % interval of a difference of proportions on the same"
    " images (Bonett and Price)",
    "metric.interval.mover-bonett-price": "95 % interval of a mean of such differences (Bonett and"
    " Price, combined)",
    "metric.interval.too-few-groups": "too few groups for an interval",
    "metric.interval.undefined": "cannot be computed on these images",
    # predictions
    "predict.no_images": "there is no image to predict in {file}",
    "predict.no_file": "there is no file {file}",
    # the command line
    "command.usage": "{reason}; `tlstudio {verb}--help` shows what is possible",
    "command.fault": "something went wrong in the program itself ({reason});"
    " {file} has the details",
    "command.fault_unlogged": "something went wrong in the program itself ({reason}); no log says"
    " more, since {detail}",
    "command.cancelled": "called off; nothing was kept",
    "command.set": "{text} is no setting; write it as NAME=VALUE, such as --set epochs=20",
    "command.out": "{file} cannot be written: {reason}",
    "command.out_kind": "{file}: answers are written as .csv or .json; choose a name that ends so",
    "command.run_cancelled": "{run} was cancelled; nothing of it is kept",
    # the doctor
    "doctor.stage.looking": "Looking",
    "doctor.stage.gpu": "Asking for a graphics card; this takes some seconds",
    "doctor.program": "TL Studio {version}, Python {python}, {system}, {cores} {cores:core|cores},"
    " {memory} GB of memory",
    "doctor.home.ok": "settings, weights and logs lie in {file}",
    "doctor.home.not_writable": "{file} cannot be written ({reason}); change its permissions, or"
    " set TLSTUDIO_HOME to another folder",
    "doctor.disk.ok": "{free} GB are free in {file}",
    "doctor.disk.low": "only {free} GB are free in {file}; make some room",
    "doctor.weights.none": "no pretrained weights are in {file} yet; `tlstudio weights fetch` or"
    " `tlstudio weights import` brings some",
    "doctor.weights.ok": "weights of {count} {count:model|models}, {megabytes} MB, in {file}",
    "doctor.network.ok": "not asked; proxy: {proxy}, own certificate authority: {ca}",
    "doctor.network.ca_missing": "the setting network.ca_file names {file}, which is not there",
    "doctor.project.ok": "{name}: {file}",
    "doctor.project.network": "{name}: {file} is on a network drive; work there is slower and only"
    " one computer can have it open",
    "doctor.project.not_writable": "{name}: {file} cannot be written",
    "doctor.qt.ok": "Qt {version} works ({plugin})",
    "doctor.qt.no_display": "Qt {version} is there; no display is, so the window cannot be shown"
    " here, but the command line works",
    "doctor.qt.absent": "PySide6 is not installed; install TL Studio again",
    "doctor.qt.broken": "Qt cannot start: {reason}. On Debian and Ubuntu `python3 packaging/run.py`"
    " installs the system libraries it needs",
    "doctor.torch.absent": "torch is not installed; install TL Studio again",
    "doctor.torch.broken": "torch cannot start: {reason}",
    "doctor.gpu.none": "torch {version}; no graphics card that can be used, so the processor"
    " computes",
    "doctor.gpu.ok": "torch {version}; {card} can be used",
}
