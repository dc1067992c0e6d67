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
    "bundle.no_validation": "none of the images that the run was validated on can be found, so"
    " the exported model cannot be checked; use relink to say where the images are",
    "bundle.failed": "{model} cannot be written as ONNX at {size} px: {reason}",
    "bundle.damaged": "{file} is not a whole bundle ({reason}); export the model again",
    "demo.drawing": "Drawing invented cell pictures",
    "demo.exists": "{file} holds something already; choose another folder for the demo",
    "demo.scratch": "No pretrained weights are here, so {model} learns from scratch,"
    " which is less accurate. Fetch weights with: tlstudio weights fetch {model}",
    "demo.pretrained": "{model} starts from its pretrained weights",
    "demo.not_trained": "the training of the demo ended before it could keep a model",
}
