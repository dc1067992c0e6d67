"""Words about settings of a run."""

MESSAGES: dict[str, str] = {
    "recipe.value": "{field} cannot be {value}; it takes {lawful}",
    "recipe.unknown": "there is no setting called {field}; known settings: {known}",
    "recipe.other_task": "{field} is no setting of {task}; it is one of {tasks}",
    "recipe.size": "{model} cannot be trained and exported at {size} px;"
    " the nearest size is {nearest}",
    "recipe.strategy": "Strategy",
    "recipe.strategy.help": "Which layers learn. Probe, then fine-tune: first only the new head"
    " on top of the pretrained model, which takes seconds, then gently all of it.",
    "recipe.epochs": "Epochs",
    "recipe.epochs.help": "How many times each training image is shown, at most."
    " Training stops sooner when it no longer gets better.",
    "recipe.image_size": "Image size",
    "recipe.image_size.help": "Images are resized to this square before the model sees them."
    " Larger keeps small details and takes longer.",
    "recipe.augmentation": "Augmentation",
    "recipe.augmentation.help": "Flips, small turns, crops and light changes made up while"
    " training, so that a small set is not learned by heart.",
    "recipe.mirror": "Mirror images",
    "recipe.mirror.help": "While training, show images also mirrored. Not where left and right"
    " matter. Automatic mirrors unless two labels differ by left and right in their names.",
    "recipe.look_augmentation": "Other sites' look",
    "recipe.look_augmentation.help": "Colours, brightness and contrast changed at random while"
    " training, as other scanners, cameras or stainings would make them, so that the model relies"
    " less on one site's look. Stain suits slides stained with H&E, colour everything else;"
    " images without colour only change in brightness and contrast.",
    "recipe.look_augmentation.none": "None",
    "recipe.look_augmentation.colour": "Colour (scanners, cameras)",
    "recipe.look_augmentation.stain": "Stain (H&E slides)",
    "recipe.look_strength": "How different other sites look",
    "recipe.look_strength.help": "Largest change of other sites' look, from 0 (none) to 1."
    " It should reach as far as the sites differ, and not much further.",
    "recipe.device": "Device",
    "recipe.device.help": "Where to compute. Automatic takes the graphics card if one can be used.",
    "recipe.time_limit": "Time limit",
    "recipe.time_limit.help": "Stop after this many minutes and keep the best so far.",
    "recipe.seed": "Seed",
    "recipe.seed.help": "The same seed, data and settings give the same run again.",
    "recipe.batch_size": "Batch size",
    "recipe.batch_size.help": "Images per step."
    " Automatic fits the memory and the number of images.",
    "recipe.learning_rate": "Learning rate",
    "recipe.learning_rate.help": "Size of a step of the head; deeper layers take smaller ones.",
    "recipe.layer_decay": "Layer-wise decay",
    "recipe.layer_decay.help": "Each block further from the head learns at this fraction of the"
    " rate of the block after it (1: all alike)."
    " Automatic: 0.9 for convolutional networks, 0.75 for transformers.",
    "recipe.last_blocks": "Last blocks",
    "recipe.last_blocks.help": "How many blocks next to the head learn, with the strategy last-n.",
    "recipe.weight_decay": "Weight decay",
    "recipe.weight_decay.help": "Pull of the weights towards zero, against overfitting.",
    "recipe.l2_sp": "Pull to the start (L2-SP)",
    "recipe.l2_sp.help": "Pull of the backbone towards its pretrained weights, in place of weight"
    " decay there, against forgetting. 0.1 is usual; 0 turns it off.",
    "recipe.dropout": "Dropout",
    "recipe.dropout.help": "Share of the head's inputs dropped at random while training.",
    "recipe.label_smoothing": "Label smoothing",
    "recipe.label_smoothing.help": "Share of certainty given to the other labels.",
    "recipe.class_weights": "Class weights",
    "recipe.class_weights.help": "Balanced gives rare labels the same say as common ones."
    " Automatic turns that on where one label is three times as common as another.",
    "recipe.class_weights.help.shapes": "Balanced gives rare labels the same say as common ones"
    " where the loss looks at single pixels. Automatic does so for losses without Dice, to a lesser"
    " degree for Dice with focal, and not for Dice with cross-entropy.",
    "recipe.loss": "Loss",
    "recipe.loss.help": "What training makes small. Dice looks at the overlap of whole labels,"
    " cross-entropy at each pixel, focal at the pixels that are hard. Automatic takes Dice with"
    " cross-entropy, and with focal where a label covers very little.",
    "recipe.patch": "Patch",
    "recipe.patch.help": "Side of the square pieces that large images are learned from and"
    " predicted in. Automatic cuts large images with small objects; -1 never does.",
    "recipe.tile": "Tile",
    "recipe.tile.help": "Side of the square pieces that images are looked at in, so that small"
    " objects stay large enough to be found. Automatic tiles where objects would become tiny;"
    " -1 never does.",
    "recipe.overlap": "Overlap",
    "recipe.overlap.help": "Share of a piece that it has in common with the next one.",
    "recipe.flips": "Average over flips",
    "recipe.flips.help": "Predict the mirrored image too and take the mean: a little better,"
    " twice to four times slower. Not where left and right matter.",
    "recipe.anchors": "Box shapes to start from",
    "recipe.anchors.help": "Sizes and proportions that detectors with anchors begin with."
    " Automatic takes those of your boxes where the model's own would miss many of them.",
    "recipe.freeze_batch_norm": "Frozen batch norm",
    "recipe.freeze_batch_norm.help": "Keep the pretrained averages of batch norm."
    " Automatic does so with pretrained weights and small batches.",
    "recipe.patience": "Patience",
    "recipe.patience.help": "Stop after this many epochs without getting better.",
    "recipe.patience.help.shapes": "Stop after this many epochs without getting better. The first"
    " epochs, before all layers learn at full rates, do not count; nor do those that find nothing"
    " yet, up to a third of the run.",
    "recipe.min_steps": "Least steps",
    "recipe.min_steps.help": "Small sets are shown more often within an epoch, so that the whole"
    " run has at least this many steps.",
    "recipe.mixed_precision": "Mixed precision",
    "recipe.mixed_precision.help": "Faster on graphics cards that gain from it, after a check.",
    "recipe.epochs.help.style": "How many rounds of squares cut out of the images are learned from,"
    " at most. Training stops sooner when it no longer gets better.",
    "recipe.image_size.help.style": "Images are learned from in squares of this side."
    " Larger teaches coarser strokes and takes longer; any size can be restyled afterwards.",
    "recipe.learning_rate.help.style": "Size of a step of training.",
    "recipe.style_weight": "Strength of the style",
    "recipe.style_weight.help": "How much of the style image's look is learned; 1 is recommended.",
    "recipe.style_scale": "Size of the strokes",
    "recipe.style_scale.help": "How large the style image is taken beside the images learned"
    " from. Below 1 the strokes become finer, above 1 broader.",
    "recipe.colour": "Colours",
    "recipe.colour.help": "Whose colours restyled images have.",
    "recipe.colour.style": "Those of the style",
    "recipe.colour.luminance": "Those of the image; only brightness is styled",
    "recipe.content_weight": "Faithfulness to the content",
    "recipe.content_weight.help": "How much of the image's own forms is kept; 1 is recommended.",
    "recipe.smoothness": "Smoothness",
    "recipe.smoothness.help": "How much noise between neighbouring pixels is taken away"
    " (total variation); 1 is recommended, 0 turns it off.",
    "recipe.width": "Width of the network",
    "recipe.width.help": "Channels of its first layer. More draws finer detail, and is slower to"
    " learn and to use.",
    "recipe.strategy.feature-extraction": "Head only (frozen model)",
    "recipe.strategy.last-n": "Fine-tune the last blocks",
    "recipe.strategy.full": "Fine-tune everything",
    "recipe.strategy.probe-then-finetune": "Probe, then fine-tune",
    "recipe.augmentation.auto": "Automatic",
    "recipe.augmentation.none": "None",
    "recipe.augmentation.light": "Light",
    "recipe.augmentation.medium": "Medium",
    "recipe.augmentation.strong": "Strong",
    "recipe.mirror.auto": "Automatic",
    "recipe.mirror.yes": "Yes",
    "recipe.mirror.no": "No",
    "recipe.device.auto": "Automatic",
    "recipe.device.cpu": "Processor (CPU)",
    "recipe.device.cuda": "Graphics card (CUDA)",
    "recipe.device.mps": "Apple graphics (MPS)",
    "recipe.class_weights.auto": "Automatic",
    "recipe.class_weights.none": "None",
    "recipe.class_weights.balanced": "Balanced",
    "recipe.loss.auto": "Automatic",
    "recipe.loss.ce": "Cross-entropy",
    "recipe.loss.dice_ce": "Dice and cross-entropy",
    "recipe.loss.focal": "Focal",
    "recipe.loss.dice_focal": "Dice and focal",
    "recipe.anchors.auto": "From the boxes",
    "recipe.anchors.standard": "The model's own",
    "recipe.freeze_batch_norm.auto": "Automatic",
    "recipe.freeze_batch_norm.yes": "Yes",
    "recipe.freeze_batch_norm.no": "No",
    "recipe.mixed_precision.auto": "Automatic",
    "recipe.mixed_precision.off": "Off",
    "window.kind": "there is no window called {kind}; it can be {lawful}",
    "window.order": "a fixed window needs a value for black that is smaller than the one for white;"
    " given are {low} and {high}. Name two raw values of your images, such as 0 and 4095.",
    "recipe.window": "Window",
    "recipe.window.help": "Which values of 16-bit, floating-point and DICOM images are black and"
    " which are white to the model. The model keeps the choice and uses it on every later image.",
    "recipe.window.auto": "Automatic: the file's own, else its percentiles",
    "recipe.window.file": "As the file says",
    "recipe.window.percentiles": "Each image's 0.5 and 99.5 percentiles",
    "recipe.window.full": "All that the bits can hold",
    "recipe.window.fixed": "The same values for all images",
    "recipe.window_low": "Black at",
    "recipe.window_low.help": "The raw value that is black in every image, with a fixed window."
    " Values keep their meaning then, as Hounsfield units do.",
    "recipe.window_high": "White at",
    "recipe.window_high.help": "The raw value that is white in every image, with a fixed window.",
}
