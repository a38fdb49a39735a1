"""Tells whether a draft speaks of an attachment, which the model can't add."""

import re

_SPOKEN = re.compile(
    r"\battach(?:ed|ment|ments|ing)?\b|\benclosed\b"
    r"|\b(?:anhang|angehängt\w*|anbei|beigefügt\w*|beiliegend\w*|im anhang|anlage)\b"
    r"|\bpièces? jointes?\b|\bci-joint\w*"
    r"|\badjunt\w+|\ballegat\w+|\bin allegato\b|\bbijlagen?\b|\bbijgevoegd\w*|\bzałącz\w+|\bem anexo\b"
    r"|\banexos?\b|\bbifoga\w*|\bbilag(?:a|or|an)\b|\bpřiklád\w+|\bpřílo(?:ha|hu|ze|hy)\b|添付|附件|随信附",
    re.IGNORECASE,
)

# In every text that speaks of one, in small letters. Far faster to look for than the pattern.
_PARTS = (
    "attach",
    "enclosed",
    "anhang",
    "angehängt",
    "anbei",
    "beigefügt",
    "beiliegend",
    "anlage",
    "joint",
    "adjunt",
    "allegat",
    "bijlage",
    "bijgevoegd",
    "załącz",
    "anexo",
    "bifoga",
    "bilag",
    "přiklád",
    "přílo",
    "添付",
    "附件",
    "随信附",
)


def speaks_of_one(draft: str) -> bool:
    lower = draft.lower()
    return any(part in lower for part in _PARTS) and _SPOKEN.search(draft) is not None
