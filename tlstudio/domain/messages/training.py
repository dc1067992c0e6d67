"""Words about the topic "training"."""

MESSAGES: dict[str, str] = {
    # stages
    "training.stage.reading": "Reading images",
    "training.stage.features": "Computing features",
    "training.stage.probe": "Training the head",
    "training.stage.finetune": "Fine-tuning",
    "training.stage.validating": "Validating",
    "training.stage.predicting": "Predicting",
    # why this device
    "training.device.chosen": "as the settings say",
    "training.device.found": "a graphics card was found",
    "training.device.no_card": "no graphics card that can be used was found",
    "training.device.cuda_broken": "A graphics card was found but does not compute, so the"
    " processor is used. A newer driver often helps.",
    # errors
    "training.no_device": "this computer has no {device} device that can be used;"
    " choose auto or cpu",
    "training.no_images": "no labelled image is in the training split;"
    " label images and split the project first",
    "training.no_objects": "no image in the training split has an object of a label that can be"
    " learned; label objects, or split the project anew",
    "training.no_pyramid": "{model} gives no feature maps that this kind of segmenter needs;"
    " choose another backbone",
    "training.one_label": "all training images have the label {label};"
    " training needs at least two labels",
    "training.too_many_labels": "segmentation can learn {most} labels and there are {count};"
    " merge or delete some of them",
    "training.snapshot_damaged": "the snapshot {file} cannot be read; start a new run",
    "training.no_weights": "there are no weights for {model}; fetch or import them,"
    " or train from scratch with --weights none",
    "training.labels_changed": "the images left for this run no longer have the labels it was"
    " started with; relink the missing images, or start a new run",
    "training.checkpoint_damaged": "{file} is damaged; start the run again",
    "training.no_best": "no model was kept in {file}; train first",
    "training.other_family": "{run} has the backbone {theirs}, but {model} is built on {wanted};"
    " choose a model with the same backbone, or other weights",
    "training.diverged": "the loss became no number in epoch {epoch};"
    " lower the learning rate and start again",
    "training.image_changed": "{file} is no longer the file that was imported;"
    " import it again or bring the old one back",
    "training.out_of_memory": "the memory is used up; choose a smaller batch, a smaller image"
    " size or a smaller model",
    "training.gpu_out_of_memory": "the memory of the graphics card is used up; choose a smaller"
    " batch, a smaller image size, a smaller model, or the device cpu",
    "training.disk_full": "the disk is full; make room and resume the run",
    "training.crashed": "the program failed at its work ({error}); the log has the details",
    "training.unknown_job": "this program cannot do the job {kind} for the task {task}",
    "training.bad_request": "the request cannot be understood",
    # remarks
    "training.eight_bits": "{model} looks at 8 bits a channel; these images hold up to {bits},"
    " so what their window shows is rounded to 8",
    "training.look_grey": "the training images have no colour, so other sites' look changes their"
    " brightness, contrast and gamma alone",
    "training.look_unused": "with this strategy only a head learns, from features that are computed"
    " once, so other sites' look changes nothing; choose another strategy to learn from it",
    # warnings
    "training.several_labels": "{count} {count:image has|images have} more than one label and"
    " {count:was|were} left out",
    "training.label_unused": "labels without a training image were left out: {labels}",
    "training.few_images": "fewer than {least} training images of: {labels}."
    " More images help most here",
    "training.few_objects": "fewer than {least} objects to learn from of: {labels}."
    " More images with them help most here",
    "training.no_validation": "no labelled image is in the validation split, so no figure says"
    " which epoch is best; the last one is kept",
    "training.no_validation_objects": "the validation images have no object to find, so no figure"
    " says which epoch is best; the last one is kept. Put images with objects into the validation"
    " split",
    "training.label_not_in_validation": "no validation image has the label: {labels}."
    " The figures say nothing about it",
    "training.images_left_out": "{count} of {total} {total:image|images} could not be used and"
    " {count:was|were} left out, {count:namely|the first of them} {file} ({reason})",
    "training.probe_skipped": "without pretrained weights there is nothing to probe;"
    " all layers are trained from scratch",
    "training.random_features": "without pretrained weights the features are random;"
    " choose another strategy or weights",
    "training.probe_at_chance": "on the pretrained features the head is hardly better than"
    " guessing ({value}, guessing {chance}); another model may suit these images better",
    "training.finds_nothing": "the model finds none of the objects in the validation images;"
    " train longer, start from pretrained weights, or choose a larger image size if the objects"
    " are small",
    "training.overfitting": "the model is far better on the images it learned from ({train})"
    " than on the validation images ({val}); more images, stronger augmentation or a smaller"
    " model may help",
    "training.deep.auto": "{deep} of {total} {total:image|images} {deep:holds|hold} more than 8"
    " bits; {deep:it is|they are} learned from {deep:its|their} raw values, through the window"
    " that {deep:its|their} file states, else {deep:its|their} own percentiles",
    "training.deep.file": "{deep} of {total} {total:image|images} {deep:holds|hold} more than 8"
    " bits; {deep:it|each} is learned through the window that its file states, else its own"
    " percentiles",
    "training.deep.percentiles": "{deep} of {total} {total:image|images} {deep:holds|hold} more"
    " than 8 bits; of every image the 0.5 and 99.5 percentiles are black and white",
    "training.deep.full": "{deep} of {total} {total:image|images} {deep:holds|hold} more than 8"
    " bits; all that {deep:its|their} bits can hold lies between black and white",
    "training.deep.fixed": "{deep} of {total} {total:image|images} {deep:holds|hold} more than 8"
    " bits; in every image the value {low} is black and {high} is white",
}
