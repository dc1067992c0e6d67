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
    "export.left_out.unlabelled": "{count} images that nobody has labelled are left out, for an"
    " image listed without annotations would mean that there is nothing in it",
    "export.left_out.not_held": "{count} images are left out, for this format can hold nothing of"
    " what was said of them",
    "export.left_out.suggestions": "{count} suggestions that nobody has accepted are left out",
    "export.burned_in": "the files of {count} images say that their pixels name somebody; look at"
    " them before you pass them on",
    "export.left_out.damaged": "{count} masks are damaged and left out",
    # what a format cannot hold
    "export.lost.image_label": "{count} labels of whole images are left out; this format holds only"
    " what is drawn",
    "export.lost.box": "{count} boxes are left out; this format holds pixels, and which pixels in"
    " a box are meant is not known",
    "export.lost.polygon": "{count} polygons are left out",
    "export.lost.mask": "{count} masks are left out",
    "export.lost.holes": "{count} holes are filled; this format has none",
    "export.lost.overlap": "{count} shapes lie over others of another label, of which only the"
    " topmost is kept",
    "export.lost.instances_apart": "{count} shapes are of a label that is on the image already;"
    " which pixels belong to which of them is not kept",
    "export.lost.background": "{count} shapes have a label that programs take for the background of"
    " a mask; rename it",
    "export.lost.instances": "the instance numbers of {count} annotations are not kept",
    "export.lost.groups": "the groups or tracks of {count} annotations are not kept",
    "export.lost.crowd": "the crowd flags of {count} annotations are not kept",
    "export.lost.attributes": "the attributes of {count} annotations are not kept",
    "export.lost.confidence": "how sure a model was is not kept for {count} annotations",
    "export.lost.authors": "who made {count} annotations is not kept",
    "export.lost.suggestions": "{count} suggestions are written like accepted annotations",
    "export.lost.states": "the review states (draft, reviewed, disputed) of {count} images are not"
    " kept",
    "export.lost.image_groups": "the groups (such as patients) of {count} images are not kept",
    "export.lost.tags": "the tags of {count} images are not kept",
    "export.lost.splits": "the splits of {count} images are not kept",
    "export.lost.comments": "the comments on {count} images are not kept",
    "export.lost.extras": "points, lines and whatever else cannot be learned from stay behind on"
    " {count} images",
    "export.lost.roles": "{count} labels are background or to be ignored, which is not kept",
    # what goes out in another form
    "export.changed.to_box": "{count} polygons or masks are written as the boxes around them",
    "export.changed.to_polygon": "{count} boxes or masks are written as their outlines",
    "export.changed.to_mask": "{count} polygons are written as their pixels",
    "export.changed.holes_to_mask": "{count} polygons with holes are written as masks, to whole"
    " pixels",
    "export.changed.parts_apart": "{count} shapes of several parts are written as one shape for"
    " each part",
    "export.changed.group_number": "the groups of {count} annotations are written as numbers",
    "export.changed.attribute_text": "{count} attributes that are no text are written as text",
    "export.yolo_splits": "the {count} images are not divided into train and val, which YOLO needs"
    " for training; split the project first",
    # names and images
    "export.renamed": "{count} images have another name in the export, for theirs cannot be used"
    " everywhere or is taken (such as {example}); {list} names them all",
    "export.images_missing": "the files of {count} images are missing and were not brought along"
    " (such as {example}); relink them",
    "export.linked_as_copies": "{count} images were copied, for they could not be linked",
    "export.as_pictures": "{count} images that are DICOM, NIfTI or one of several in their file"
    " were written as PNG pictures, of 16 bits where their values are deeper than 8",
    "export.values_shifted": "the values of {count} pictures begin at 0 instead of the least value"
    " their files can hold (Hounsfield units by 1024, for one), for a PNG has none below 0",
    "export.values_scaled": "the values of {count} pictures were spread over 16 bits, for a PNG"
    " holds no fractions",
    "export.turned": "{count} images carry a turn in their files and were written upright, as the"
    " annotations see them",
    "export.turned_linked": "{count} images carry a turn in their files; programs that do not heed"
    " it will show them turned under the annotations. Copy the images instead of linking them",
}
