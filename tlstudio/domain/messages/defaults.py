"""Words about why a setting is recommended."""

MESSAGES: dict[str, str] = {
    "defaults.image_size.model": "{size} px: the size the model was made for; objects are"
    " large enough at it",
    "defaults.image_size.small_objects": "{size} px instead of {base}: one object in ten is smaller"
    " than {object} px even so",
    "defaults.image_size.small_images": "{size} px: the images have no more ({image} px), and their"
    " objects are large enough",
    "defaults.image_size.own": "{size} px: the images are shown at their own size ({image} px)",
    "defaults.image_size.shrunk": "{size} px: whole images of {image} px are made smaller to this",
    "defaults.image_size.large_objects": "{size} px: the images are large ({image} px) but so are"
    " their objects ({share} % of the side), which keep their shape when all is made smaller",
    "defaults.image_size.patch": "{size} px: the size of the pieces that the images are cut into",
    "defaults.tile.small_objects": "{tile} px: at the image size the smaller objects would be"
    " {object} px; in tiles their {side} px are shown as {shown}",
    "defaults.tile.none": "no tiles: objects are large enough in the whole image",
    "defaults.patch.detail": "{size} px: the images are large ({image} px) and their objects small"
    " ({share} % of the side), so they are cut into pieces that keep every detail",
    "defaults.patch.everywhere": "{size} px: the regions reach all over the images ({image} px), so"
    " that pieces show as much of them and are learned from much sooner",
    "defaults.patch.thin": "{size} px: objects are about {thick} px thick; if the images"
    " ({image} px) were made smaller, {left} px would be left, so they are cut into pieces that"
    " keep every detail",
    "defaults.patch.mixed": "{size} px: images are of many sizes (one in ten has {largest} px or"
    " more) and their objects are not, so pieces show all at one scale",
    "defaults.patch.none": "no pieces: whole images are shown",
    "defaults.batch_size": "{value}: as many of {size} px as fit a laptop's memory, of {images}"
    " {images:image|images}",
    "defaults.epochs": "{value}: {images} training {images:image|images}; small sets need to be"
    " seen more often",
    "defaults.batch_size.tiles": "{value}: as many of {size} px as fit a laptop's memory, of about"
    " {images} {images:tile|tiles}",
    "defaults.epochs.tiles": "{value}: about {images} {images:tile|tiles} to learn from; small sets"
    " need to be seen more often",
    "defaults.augmentation.few": "strong: {images} {images:training image is|training images are}"
    " few",
    "defaults.augmentation.many": "light: {images} training images vary enough by themselves",
    "defaults.augmentation.usual": "medium: suits most sets",
    "defaults.mirror.sides": "not mirrored: {one} and {other} would be swapped",
    "defaults.mirror.usual": "mirrored too: no two labels differ by left and right in their names",
    "defaults.loss.rare": "Dice and focal: one label covers only {percent} % of the pixels",
    "defaults.loss.usual": "Dice and cross-entropy: the rarest label covers {percent} % of the"
    " pixels",
    "defaults.anchors.usual": "the usual box shapes fit {percent} % of the boxes",
    "defaults.anchors.boxes": "the usual box shapes fit {percent} % of the boxes, those taken from"
    " the boxes {own} %",
    "defaults.anchors.coarse": "box shapes of this model fit only {own} % of the boxes at {size}"
    " px, so it will miss many: smaller tiles, a larger image size or another model see them"
    " better",
}
