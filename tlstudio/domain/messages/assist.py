"""Words about the topic "assist": outlines drawn by a promptable model."""

MESSAGES: dict[str, str] = {
    "assist.embedding": "Looking at the image",
    "assist.no_weights": "{model} can outline what you point at, once its weights are on this"
    " computer: fetch them in the settings or with `tlstudio weights fetch {model}`, or import a"
    " file with `tlstudio weights import {model} FILE`; the smart outline works without them",
    "assist.unverified": "The weights of {model} are unverified: no checksum is published for them",
    "assist.stale": "another image came before; point at this one again",
    "assist.changed": "the size of {file} is not what it was when it was added to the project;"
    " add the file again",
    "assist.memory": "the memory is used up; close other programs, or choose a smaller model for"
    " assisted outlines in the settings",
    "assist.no_prompt": "point at something first, or draw a box around it",
    "assist.other_model": "{model} does not outline what is pointed at; choose a model of the"
    " family SAM",
    "assist.nothing": "nothing was found there; point at another place, or draw a box around it",
    "assist.too_ragged": "the outline is too ragged to be of use; point at it again, or draw a box",
}
