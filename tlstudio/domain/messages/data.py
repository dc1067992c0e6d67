"""Words about the topic "data": reading files, importing, splits, leaks, relinking."""

MESSAGES: dict[str, str] = {
    # reasons why a file was left out
    "data.file_missing": "{file} is not there; check the name or bring the file back",
    "data.unreadable": "{file} cannot be read ({detail}); check its permissions",
    "data.not_file": "{file} is not an ordinary file",
    "data.empty": "{file} is empty (0 bytes); copy it again from where it came from",
    "data.not_image": "{file} is not an image in a format read here"
    " (JPEG, PNG, TIFF, BMP, GIF, WebP, AVIF, JPEG 2000, PNM, DICOM, NIfTI)",
    "data.too_large": "{file} has more than {limit} million pixels; cut it into smaller pictures",
    "data.too_many_pixels": "{file} says that it has {frames} {frames:frame|frames}; at most"
    " {limit} with {pixels} million pixels in all are taken, so divide it into several files",
    "data.unpacks_too_large": "{file} unpacks to more than {limit} million bytes; save it"
    " uncompressed",
    "data.dicom_no_image": "{file} is a DICOM file without an image in it (a report, a plan or a"
    " directory)",
    "data.dicom_codec": "{file} is compressed in a way that is not read here ({syntax}); export it"
    " uncompressed or as JPEG 2000 where it comes from",
    "data.dicom_undecodable": "the pixels of {file} are damaged, or compressed in a way that none"
    " of the decoders here knows; export it uncompressed where it comes from",
    "data.dicom_sizes": "{file} holds a picture far larger than the file says it is",
    "data.other_size": "{file} has {now} pixels and had {was} when it was imported, so what was"
    " drawn on it would lie elsewhere; put the old file back, or import the new one under another"
    " name",
    "data.truncated": "{file} ends too soon; copy it again from where it came from",
    "data.corrupt": "{file} is damaged and cannot be decoded ({detail})",
    "data.memory": "there is not enough free memory to open {file}",
    "data.mode": "{file} uses the colour space {mode}, which cannot be shown; save it as RGB",
    "data.link_outside": "{file} is a link that leads out of the folder;"
    " import the folder it leads to",
    "data.bad_name": "{file} has a name that is not valid text; rename it",
    "data.outside": "{file} is named in the table but lies outside the images folder;"
    " choose the folder that holds it",
    "data.row_missing": "{file} is named in line {line} of the table but there is no such image",
    "data.row_ambiguous": "{file} in line {line} of the table could be {count} different images;"
    " write its folder too",
    "data.row_empty": "line {line} of the table names no file",
    "data.not_copied": "{file} could not be copied into the project ({detail})",
    "data.changed_meanwhile": "{file} was changed while it was read; import it again",
    # what stops an import
    "data.source_missing": "there is no file or folder {file}; check the name",
    "data.rename_reference": "files that stay where they lie need their names; copy them into the"
    " project (without --reference) to have their names replaced",
    "data.source_is_project": "{file} belongs to this project; import from another folder",
    "data.no_images": "there are no images in {file}",
    "data.no_split_folders": "no folder is called train, val or test;"
    " choose the format class-folders or images",
    "data.format_unknown": "there is no format {format}; choose auto, images, class-folders,"
    " class-folders:N, split-folders, coco, yolo, voc, labelme, labelme-xml, xanylabeling, cvat,"
    " label-studio, via, datumaro, geojson, masks or csv",
    "data.format_unfit": "{file} cannot be read as {format}; name one table, or choose another"
    " format",
    "data.split_name": "there is no split {name}; choose train, val or test",
    "data.disk_short": "copying takes {need} MB and {free} MB are free beside {file};"
    " free some space, or import by reference",
    "data.disk_full": "the disk of {file} is full; nothing was imported. Free some space, or"
    " import by reference",
    "data.table_unreadable": "the table {file} cannot be read ({detail})",
    "data.table_broken": "the table {file} is damaged in line {line} ({detail})",
    "data.table_empty": "the table {file} has no rows",
    "data.table_columns": "the table {file} needs a column called file (or filename, path,"
    " image) and usually one called label; it has: {columns}",
    "data.no_column": "there is no column {column}; columns: {columns}",
    "data.column_without_table": "groups were to come from the column {column}, but there is no"
    " table; import a table, or take groups from a folder or a pattern",
    "data.group_from": "{text} does not say where groups come from; write folder:N, column:NAME,"
    " regex:PATTERN or dicom",
    "data.group_folder": "folder:{level} is no folder level; 1 is the first below the source,"
    " -1 the one that holds the file",
    "data.group_regex": "{pattern} is not a pattern ({detail})",
    "data.group_regex_slow": "the pattern {pattern} repeats something that repeats itself, which"
    " can take for ever; write it without a repetition inside a repeated bracket",
    # what an import remarks
    "data.combined_ignored": "{name} was left out: it repeats the images of the sets beside it",
    "data.beside_splits": "images outside the train, val and test folders ({folders}) came in"
    " without a split",
    "data.images_beside_folders": "images lie beside the folders, so the folders were not taken"
    " as labels; choose the format class-folders to do that",
    "data.one_folder": "all images lie in one folder, {name}, which was not taken as a label;"
    " choose the format class-folders to do that",
    "data.folders_not_labels": "{folders} folders for {images} images look like patients or"
    " cases, so they were not taken as labels; choose the format class-folders to do that",
    "data.assumed_first_folder": "the first folders ({examples}) were taken as labels; choose"
    " class-folders:-1 if the last ones are",
    "data.assumed_last_folder": "the last folders ({examples}) were taken as labels; choose"
    " class-folders:1 if the first ones are",
    "data.lists_used": "the {images:split|splits} of {images} {images:image was|images were} read"
    " from {lists}",
    "data.list_lines_unknown": "{count} {count:line|lines} of the lists {count:names|name} no"
    " single image",
    "data.list_doubled": "{count} {count:image is|images are} in two lists; the first was kept",
    "data.table_used": "labels were read from {name}; choose the format images to ignore it",
    "data.table_ticks": "the columns {columns} say yes or no for each image and were taken as"
    " labels",
    "data.table_without_names": "the first line of the table names no columns, so they were taken"
    " as file and label",
    "data.table_old_letters": "the table is not in UTF-8 and was read as Windows text; check"
    " letters with accents",
    "data.split_unknown": "{count} {count:row calls its|rows call their} split {word}, which is"
    " none of train, val and test; {count:it|they} came in without a split",
    "data.rows_several": "{count} {count:image has|images have} several labels, from several rows",
    "data.rows_disagree": "{count} {count:image has|images have} rows that disagree on the group"
    " or the split, such as {example}; the first row was kept",
    "data.group_none": "no image got a group; check where groups come from",
    "data.group_some": "{count} {count:image|images} got no group",
    "data.many_frames": "{count} {count:file holds|files hold} several frames, pages or slices"
    " ({frames} in all); each is an image of its own",
    "data.first_frame_only": "the annotations of {count} {count:file|files} with several frames,"
    " pages or channels went to the first image of {count:it|each}, for they name no other",
    "data.grouped_by_file": "the frames of {count} {count:file became one group|files became one"
    " group each}, so that frames of one file are never both learned from and tested on",
    "data.grouped_by_patient": "{count} {count:image was|images were} grouped by the patient, else"
    " by the study, that {count:its file names|their files name}; the names themselves were not"
    " taken along",
    "data.metadata_left": "what {count} {count:file says beside its|files say beside their} pixels"
    " (places, owners, cameras, comments) was left behind in the {count:copy|copies}",
    "data.odd_copied": "{count} {count:file is not made as its|files are not made as their} format"
    " says, so that {count:it was copied with all it holds|they were copied with all they hold};"
    " look through {count:it|them} before you pass {count:it|them} on",
    "data.renamed": "{count} {count:file got a neutral name|files got neutral names}; what"
    " {count:it and its folders|their files and folders} are called did not come into the project",
    "data.labels_of_folders": "the labels {names} are names of folders, and stay as they are; if"
    " they name somebody, choose the format images, or give them other names",
    "data.groups_hashed": "the {count:name|names} of {count} {count:group was replaced by a"
    " code|groups were replaced by codes}, since {count:it comes|they come} from names of files",
    "data.texts_scrubbed": "{count} {count:text|texts} of the annotations {count:was left out,"
    " since it holds|were left out, since they hold} the name of a file or a folder",
    "data.overlays_left": "{count} {count:file has|files have} overlays (drawings beside the"
    " pixels), which were left out",
    "data.burned_in": "{count} {count:file says that its|files say that their} pixels name"
    " somebody; look at {count:it|them} before you pass anything on",
    "data.dicom_not_cleaned": "{file} could not be copied without its patient's tags ({detail});"
    " import it by reference, or export it anew where it comes from",
    "data.name_again": "{count} {count:file has|files have} the name of an image that is here"
    " already but other content; {count:it came in as a new image|they came in as new images}",
    "data.files_changed": "{count} {count:file has|files have} changed on the disk since {count:it"
    " was|they were} imported; {count:its size and hash|their sizes and hashes} were renewed",
    "data.labels_kept": "{count} {count:image|images} kept the label a person gave"
    " {count:it|them}, though the source says otherwise",
    "data.splits_changed": "{count} {count:image|images} moved to the split that the source gives",
    "data.synthetic_stays": "{count} {count:image was made here and is|images were made here and"
    " are} not put into validation or test, though the source says so",
    "data.split_synthetic": "{count} of these images {count:was|were} made here; {count:it|they}"
    " cannot be in validation or test, where {count:it|they} would flatter the figures: leave"
    " {count:it|them} out (filter Made here), or put {count:it|them} into training",
    "data.labels_alike": "the labels {names} differ only in capital letters; merge them if they"
    " mean the same",
    # stages
    "data.stage.listing": "Looking through the folder",
    "data.stage.reading": "Reading images",
    "data.stage.merging": "Adding to the project",
    "undo.import": "Import",
    "undo.split": "Divide into train, val and test",
    "undo.relink": "Relink files",
    "data.stage.comparing": "Comparing images",
    "data.stage.relinking": "Looking for files",
    # splits and leaks
    "data.split_fractions": "the shares of val ({val}) and test ({test}) must each be 0 or more"
    " and together less than 1",
    "data.split_by": "images are divided by group or by image, not by {by}",
    "data.split_nothing": "there are no labelled images to divide; label some first",
    "data.split_unlabelled": "{count} {count:image has|images have} no label and got no split",
    "data.split_made_here": "{count} {count:image was|images were} made here from images that are"
    " in validation or test, so {count:it|they} got no split",
    "data.split_lacks": "{split} has no image of {count} {count:label|labels}; there are too few"
    " groups of {count:it|them}",
    "data.leak.identical": "{count} images with identical pixels lie in {splits}",
    "data.leak.content": "{count} images, of which some were made here from others, lie in"
    " {splits}",
    "data.leak.group": "the group {group} lies in {splits}",
    "data.leak.near": "{count} near duplicates lie in {splits}",
    "data.no_frame": "{file} has no frame {frame}; name one that it has",
}
