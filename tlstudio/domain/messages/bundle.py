"""Words about the topic "bundle": taking a trained model away, and the demo."""

MESSAGES: dict[str, str] = {
    "bundle.exporting": "Writing the model",
    "bundle.checking": "Checking the exported model on the validation images",
    "bundle.writing": "Writing the bundle",
    "bundle.format": "a model cannot be exported as {format}; known formats: {known}",
    "bundle.not_empty": "the folder {file} holds other files, so no bundle is written into it;"
    " choose a new folder or an empty one",
    "bundle.not_a_folder": "{file} is a file; choose a folder for the bundle",
    "bundle.inside_project": "{file} lies inside the project; choose a folder outside of it",
    "bundle.unwritable": "the bundle cannot be written to {file} ({reason}); free some space"
    " or choose another folder",
    "bundle.no_checkpoint": "run {run} has no trained model yet (its state is {state});"
    " let it finish, or choose another run",
    "bundle.no_validation": "none of the validation images of run {run} can be found, so the"
    " exported model cannot be checked; use relink to say where the images are",
    "bundle.failed": "{model} cannot be written as ONNX at {size} px: {reason}",
    "bundle.parity_failed": "the exported model differs from the trained one"
    " (by up to {max_diff:.2g} in {n} validation images; {tolerance:g} is allowed);"
    " do not use the bundle in {file}",
    "bundle.damaged": "{file} is not a whole bundle ({reason}); export the model again",
    "demo.drawing": "Drawing invented cell pictures",
    "demo.exists": "{file} exists already; choose another folder for the demo",
}
