"""Words about the topic "data": reading files, importing, splits, leaks, relinking."""

MESSAGES: dict[str, str] = {
    # reasons why a file was left out
    "data.file_missing": "{file} is not there; check the name or bring the file back",
    "data.unreadable": "{file} cannot be read ({detail}); check its permissions",
    "data.not_file": "{file} is not an ordinary file",
    "data.empty": "{file} is empty (0 bytes); copy it again from where it came from",
    "data.not_image": "{file} is not an image in a format read here"
    " (JPEG, PNG, TIFF, BMP, GIF, WebP, AVIF, JPEG 2000, PNM)",
    "data.too_large": "{file} has more than {limit} million pixels; cut it into smaller pictures",
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
}
