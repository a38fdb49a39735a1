"""The catalogues of the product's strings, `assistant_app/locale`, without GNU gettext.

`python -m tests.translation.catalogue` (`make messages`) extracts the strings, brings every catalogue up to
date and compiles it. `--check` writes nothing and fails if a file would change.
"""

import ast
import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[2]
LOCALE = ROOT / "assistant_app" / "locale"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "ngettext_noop": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# What `templatize` makes of the tags; all other text becomes letters that say nothing.
STRING = r"""\s*u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")\s*"""
CALL = re.compile(rf"\b(_|n?p?gettext)\({STRING}(?:,{STRING})?(?:,{STRING})?")
# No date of its own and no places in the code: they always change, and two people could not merge a file.
UNCHANGED = datetime(2026, 11, 30, tzinfo=UTC)


def main(*arguments):
    changed = {path: data for path, data in catalogues() if not path.exists() or path.read_bytes() != data}
    if "--check" not in arguments:
        for path, data in changed.items():
            path.write_bytes(data)
    elif changed:
        names = ", ".join(str(path.relative_to(ROOT)) for path in changed)
        sys.exit(f"Not up to date, run `make messages`: {names}")


def catalogues():
    """Yield the path and the wanted bytes of each catalogue, as source and as it is compiled."""
    template = extracted()
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3])
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.creation_date = catalogue.revision_date = UNCHANGED
        yield path, written(write_po, catalogue, no_location=True, width=110)
        yield path.with_suffix(".mo"), written(write_mo, catalogue)


def written(write, catalogue, **options):
    buffer = io.BytesIO()
    write(buffer, catalogue, **options)
    return buffer.getvalue()


def extracted():
    """Return all strings that are marked in templates and in code."""
    catalogue = Catalog(project="Email assistant", charset="utf-8", creation_date=UNCHANGED)
    for message, context in (*in_templates(), *in_code()):
        catalogue.add(message, context=context)
    return catalogue


def in_templates():
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for function, *strings in CALL.findall(templatize(path.read_text())):
            texts = [ast.literal_eval(string) for string in strings if string]
            context = texts.pop(0) if "p" in function else None
            yield tuple(texts) if function.startswith("n") else texts[0], context


def in_code():
    for folder in ("assistant_app", "emailassistant"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            found = extract("python", io.BytesIO(path.read_bytes()), KEYWORDS, options={"encoding": "utf-8"})
            yield from ((message, context) for _, message, _, context in found)


if __name__ == "__main__":
    settings.configure()
    main(*sys.argv[1:])
