"""Words about the topic "comparing": two runs on the same images."""

MESSAGES: dict[str, str] = {
    # the answer in one sentence; gain and interval are figures in words
    "compare.better": "the second, {second}, is better: {gain} ({interval}) on {images}"
    " {images:image|images} of {groups} {groups:group|groups}",
    "compare.worse": "the first, {first}, is better: {gain} ({interval}) on {images}"
    " {images:image|images} of {groups} {groups:group|groups}",
    "compare.unclear": "no clear difference: {gain} ({interval}) on {images} {images:image|images}"
    " of {groups} {groups:group|groups}, so that on others either could be ahead",
    "compare.too_few": "too few groups to tell: {gain} on {images:this|these} {images}"
    " {images:image|images} of {groups} {groups:group|groups}; {needed} groups with each label are"
    " needed",
    "compare.same": "both give the same answers on {images:the one image|all {images} images}",
    "compare.undefined": "the figure cannot be computed on {images:this|these} {images}"
    " {images:image|images}",
    # what that means for the augmentation against other sites' looks
    "compare.look_helped": "learning with other sites' looks ({kind}) helped on these images;"
    " this is one pair of models, and another seed can come out otherwise",
    "compare.look_hurt": "learning with other sites' looks ({kind}) did harm on these images;"
    " this is one pair of models, and another seed can come out otherwise",
    "compare.look_unclear": "whether learning with other sites' looks ({kind}) helps on these"
    " images cannot be told from them; more groups, or runs with other seeds, would tell more",
    "compare.look_not_alone": "the runs differ in more than other sites' looks ({names}), so that"
    " the difference cannot be put down to these alone",
    # refusals
    "compare.same_run": "{run} cannot be compared with itself; name two runs",
    "compare.tasks": "{first} learned {first_task} and {second} learned {second_task}; compare two"
    " runs of one task",
    "compare.no_figures": "{run} learned a style; styles have no figures that could be compared",
    "compare.labels": "{first} and {second} know different labels (only one of them: {names});"
    " train again with the labels of today, then compare",
    "compare.kinds": "{first} learned from {first_kinds} and {second} from {second_kinds}, so that"
    " what is true differs; train both from the same kinds of annotation",
    "compare.split": "runs are compared on test or val, not on {name}",
    "compare.no_common": "no validation image of {first} is one of {second} too; compare on the"
    " test images",
    "compare.leak": "{run} has learned from images of the split {split} ({identical} identical,"
    " {made} made from them, {groups} {groups:group|groups}; one is {example}), so that its"
    " figures would flatter; divide the images so that no group is in two splits and train again,"
    " or allow the leaks",
    "compare.stage.resampling": "Working out the intervals",
    # remarks
    "compare.seen_by_one": "{count} of the images compared {count:was|were} seen in training by"
    " {run} alone; {count:this one flatters|they flatter} it",
    "compare.not_common": "{count} {count:validation image belongs|validation images belong} to"
    " one run alone and {count:was|were} left out",
    "compare.truth_changed": "the annotations of {count} {count:image|images} changed between the"
    " two runs; {count:it was|they were} left out",
    "compare.other_images": "{first} learned from {first_only} {first_only:image|images} that"
    " {second} did not, the other way round {second_only}: part of the difference may come from"
    " there",
    "compare.near": "{count} {count:image|images} of the split {split} {count:looks|look} nearly"
    " like images that {runs} learned from",
    "compare.unequal_time": "one of the runs ended early or was stopped: {first} after"
    " {first_epochs} {first_epochs:epoch|epochs}, {second} after {second_epochs}",
}
