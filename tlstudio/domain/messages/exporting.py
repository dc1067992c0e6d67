"""Words about the topic "exporting": annotations going out to the files of other programs."""

MESSAGES: dict[str, str] = {
    "export.stage.labels": "Writing annotations",
    "export.stage.images": "Bringing the images along",
    # what stops an export
    "export.format": "there is no format {format}; choose one of {known}",
    "export.images": "images cannot be brought along as {how}; choose copy, link or none",
    "export.not_folder": "{file} is a file; choose a folder",
    "export.not_empty": "the folder {file} holds other files, so nothing is written into it;"
    " choose a new or an empty folder",
    "export.inside_project": "{file} lies inside the project; choose a folder outside of it",
    "export.unwritable": "{file} cannot be written ({reason}); choose another folder, or free some"
    " space",
    "export.disk_short": "the images need {need} MB and {free} MB are free beside {file};"
    " free some space, or link the images instead of copying them",
    "export.nothing": "no image has been labelled yet, so there is nothing to export",
    "export.nothing_held": "the format {format} can hold nothing of what has been labelled; choose"
    " another format",
    "export.too_many_labels": "masks hold {most} labels and there are {count}; choose another"
    " format",
    # what is left out
    "export.left_out.unlabelled": "{count} {count:image|images} that nobody has labelled"
    " {count:is|are} left out, for an image listed without annotations would mean that there is"
    " nothing in it",
    "export.left_out.not_held": "{count} {count:image is|images are} left out, for this format can"
    " hold nothing of what was said of {count:it|them}",
    "export.left_out.suggestions": "{count} {count:suggestion|suggestions} that nobody has"
    " accepted {count:is|are} left out",
    "export.burned_in": "the {count:file|files} of {count} {count:image says that its|images say"
    " that their} pixels name somebody; look at {count:it|them} before you pass {count:it|them} on",
    "export.left_out.damaged": "{count} {count:mask is|masks are} damaged and left out",
    # what a format cannot hold
    "export.lost.image_label": "{count} {count:label of a whole image is|labels of whole images"
    " are} left out; this format holds only what is drawn",
    "export.lost.box": "{count} {count:box is|boxes are} left out; this format holds pixels, and"
    " which pixels in a box are meant is not known",
    "export.lost.polygon": "{count} {count:polygon is|polygons are} left out",
    "export.lost.mask": "{count} {count:mask is|masks are} left out",
    "export.lost.holes": "{count} {count:hole is|holes are} filled; this format has none",
    "export.lost.overlap": "{count} {count:shape lies|shapes lie} over others of another label, of"
    " which only the topmost is kept",
    "export.lost.instances_apart": "{count} {count:shape is|shapes are} of a label that is on the"
    " image already; which pixels belong to which of them is not kept",
    "export.lost.background": "{count} {count:shape has|shapes have} a label that programs take"
    " for the background of a mask; rename it",
    "export.lost.instances": "the instance {count:number|numbers} of {count} {count:annotation"
    " is|annotations are} not kept",
    "export.lost.groups": "the {count:group or track|groups or tracks} of {count}"
    " {count:annotation is|annotations are} not kept",
    "export.lost.crowd": "the crowd {count:flag|flags} of {count} {count:annotation is|annotations"
    " are} not kept",
    "export.lost.attributes": "the attributes of {count} {count:annotation|annotations} are not"
    " kept",
    "export.lost.confidence": "how sure a model was is not kept for {count}"
    " {count:annotation|annotations}",
    "export.lost.authors": "who made {count} {count:annotation|annotations} is not kept",
    "export.lost.suggestions": "{count} {count:suggestion is written like an accepted"
    " annotation|suggestions are written like accepted annotations}",
    "export.lost.states": "the review {count:state|states} (draft, reviewed, disputed) of {count}"
    " {count:image is|images are} not kept",
    "export.lost.image_groups": "the {count:group (such as a patient)|groups (such as patients)}"
    " of {count} {count:image is|images are} not kept",
    "export.lost.tags": "the tags of {count} {count:image|images} are not kept",
    "export.lost.splits": "the {count:split|splits} of {count} {count:image is|images are} not"
    " kept",
    "export.lost.comments": "the comments on {count} {count:image|images} are not kept",
    "export.lost.extras": "points, lines and whatever else cannot be learned from stay behind on"
    " {count} {count:image|images}",
    "export.lost.roles": "{count} {count:label is|labels are} background or to be ignored, which"
    " is not kept",
    # what goes out in another form
    "export.changed.to_box": "{count} {count:polygon or mask is written as the box around"
    " it|polygons or masks are written as the boxes around them}",
    "export.changed.to_polygon": "{count} {count:box or mask is written as its outline|boxes or"
    " masks are written as their outlines}",
    "export.changed.to_mask": "{count} {count:polygon is written as its|polygons are written as"
    " their} pixels",
    "export.changed.holes_to_mask": "{count} {count:polygon with holes is written as a"
    " mask|polygons with holes are written as masks}, to whole pixels",
    "export.changed.parts_apart": "{count} {count:shape|shapes} of several parts {count:is|are}"
    " written as one shape for each part",
    "export.changed.group_number": "the {count:group|groups} of {count} {count:annotation is"
    " written as a number|annotations are written as numbers}",
    "export.changed.attribute_text": "{count} {count:attribute that is no text is|attributes that"
    " are no text are} written as text",
    "export.yolo_splits": "{count:the one image is|the {count} images are} not divided into train"
    " and val, which YOLO needs for training; split the project first",
    # names and images
    "export.renamed": "{count} {count:image has|images have} another name in the export, for"
    " {count:its own|theirs} cannot be used everywhere or is taken ({count:namely|such as}"
    " {example}); {list} names {count:it|them all}",
    "export.images_missing": "the {count:file|files} of {count} {count:image is missing and"
    " was|images are missing and were} not brought along ({count:namely|such as} {example});"
    " relink {count:it|them}",
    "export.linked_as_copies": "{count} {count:image was|images were} copied, for {count:it|they}"
    " could not be linked",
    "export.as_pictures": "{count} {count:image that is|images that are} DICOM, NIfTI or one of"
    " several in {count:its|their} file {count:was written as a PNG picture|were written as PNG"
    " pictures}, of 16 bits where {count:its|their} values are deeper than 8",
    "export.values_shifted": "the values of {count} {count:picture|pictures} begin at 0 instead of"
    " the least value {count:its file|their files} can hold (Hounsfield units by 1024, for one),"
    " for a PNG has none below 0",
    "export.values_scaled": "the values of {count} {count:picture|pictures} were spread over 16"
    " bits, for a PNG holds no fractions",
    "export.turned": "{count} {count:image carries a turn in its file and was|images carry a turn"
    " in their files and were} written upright, as the annotations see {count:it|them}",
    "export.turned_linked": "{count} {count:image carries a turn in its file|images carry a turn"
    " in their files}; programs that do not heed it will show {count:it|them} turned under the"
    " annotations. Copy the images instead of linking them",
}
