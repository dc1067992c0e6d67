"""Words about the topic "weights"."""

_OFFICIAL = "get the file from its official source again"

MESSAGES: dict[str, str] = {
    "weights.unknown_model": "there is no model called {model}; {close}",
    "weights.none": "{model} has no published weights; train it from scratch (weights none)"
    " or import a file for it",
    "weights.absent": "the weights of {model} are not on this computer; get them with"
    " `tlstudio weights fetch {model}`, or with `tlstudio weights import {model} FILE`"
    " from a file you have",
    "weights.absent_both": "neither the weights of {model} nor those of its backbone {backbone} are"
    " on this computer; get them with `tlstudio weights fetch {model}` (or fetch {backbone}), or"
    " with `tlstudio weights import {model} FILE` from a file you have; --weights none trains from"
    " scratch",
    "weights.absent_backbone": "the weights of {backbone}, the backbone of {model}, are not on this"
    " computer; get them with `tlstudio weights fetch {backbone}`, or with"
    " `tlstudio weights import {backbone} FILE` from a file you have; --weights none trains from"
    " scratch",
    "weights.no_file": "{file} cannot be read: {reason}",
    "weights.empty": f"{{file}} is empty; {_OFFICIAL}",
    "weights.truncated": f"{{file}} is damaged or incomplete; {_OFFICIAL}",
    "weights.format": "{file} is no weights file; TL Studio reads .safetensors files and PyTorch"
    " files that hold a plain state dict",
    "weights.pickle": "{file} holds more than plain weights (a pickle that can carry program code)"
    " and was not opened, because opening it could run that code; ask for the .safetensors file,"
    " or for the plain state dict saved with torch.save(model.state_dict(), ...)",
    "weights.torchscript": "{file} is a TorchScript program, not weights; save its"
    " state_dict() as .safetensors or with torch.save and import that",
    "weights.no_tensors": "{file} holds no weights; expected a table of names and tensors"
    " (a state dict)",
    "weights.not_finite": f"{{file}} holds values that are no numbers (in {{name}}); {_OFFICIAL}",
    "weights.mismatch": "{file} does not belong to {model}: only {matched} of the {total} weights"
    " of its backbone match by name and shape; choose the model the file was made for",
    "weights.incomplete": "{file} does not belong to {model}: {matched} of the {total} weights fit,"
    " and outlines need them all ({missing} is missing); choose the model the file was made for",
    "weights.store": "the weights cannot be written to {file}: {reason}; free some space or"
    " choose another TLSTUDIO_HOME",
    "weights.reading": "Reading weights",
    "weights.matching": "Matching weights",
    "weights.writing": "Storing weights",
    "weights.downloading": "Downloading weights",
    "weights.offline": "{host} cannot be reached ({reason}); connect to the internet, or set a"
    " proxy in the settings (network.proxy), or bring the file from another computer and use"
    " `tlstudio weights import`",
    "weights.proxy": "the proxy {proxy} does not answer ({reason}); mend network.proxy in the"
    " settings, or bring the file from another computer and use `tlstudio weights import`",
    "weights.proxy_setting": "network.proxy cannot be {value}; write it as http://HOST:PORT, or"
    " leave it empty",
    "weights.certificate": "the connection to {host} is not trusted ({reason}); if your"
    " institution inspects connections, set its certificate file in the settings"
    " (network.ca_file), or use `tlstudio weights import`",
    "weights.ca_file": "the certificate file {file} of network.ca_file cannot be used: {reason};"
    " it must be a PEM file with the certificate authority's certificate",
    "weights.refused": "{host} answered {status} for {url}; the file may have moved: try later,"
    " or use `tlstudio weights import` with a file you have",
    "weights.cut": "the download of {url} broke off after {got} of {size} bytes; try again",
    "weights.size": "{url} has {got} bytes, but {size} are published; nothing was kept;"
    " try again, and if it stays so do not use this file",
    "weights.checksum": "the file from {url} is not the published one (its sha256 starts with"
    " {got}, published is {published}); it was discarded; try again, and if it stays so"
    " somebody between here and there changes files",
    "weights.disk": "there are {free} MB free in {file}, but the weights need {needed} MB;"
    " free some space",
}
