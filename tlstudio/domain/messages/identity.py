"""Words about the topic "identity": the patient key, and names that are left behind."""

MESSAGES: dict[str, str] = {
    "identity.key_unreadable": "the patient key {file} cannot be read ({detail}); check its"
    " permissions",
    "identity.key_broken": "{file} holds no patient key; put the right file back, or remove it to"
    " start with a new key (patients already here then become other groups)",
    "identity.no_key": "{file} holds no patient key; name a file that `tlstudio patient-key export`"
    " wrote",
    "identity.exists": "{file} is there already; choose another name, so that no key is lost",
    "identity.not_written": "the patient key could not be written to {file} ({detail})",
    "identity.other_key": "{file} holds the key {there}, and this machine uses the key {here}:"
    " patients of projects made with it would become other groups. Replace it (--replace) if that"
    " is right; the key that is here is kept beside it",
    "identity.key_differs": "names in this project were hashed with the key {used}, and this"
    " machine has the key {here}: groups of patients, and renamed files, will not match those made"
    " with the other key. Bring that key from the machine that made them (`tlstudio patient-key"
    " export` there, `import` here) before you import more",
    "identity.key_lacking": "names in this project were hashed with the key {used}, and this"
    " machine has none: groups of patients, and renamed files, will not match those made with that"
    " key. Bring it from the machine that made them (`tlstudio patient-key export` there, `import`"
    " here) before you import more",
}
