"""Catalogues of a test's own."""

from babel.messages.catalog import Catalog

from tests.translation import catalogue, pseudo

MARK = "¤"


def speaking(folder, texts, plurals):
    """Show pages in a language that has these texts and plurals; all others stay English."""
    made = Catalog(locale="en")
    for english, own in (texts | plurals).items():
        made.add(english, own)
    pseudo.write(folder, made)
    return pseudo.served_from(folder)


def all_marked():
    """Return every text that is marked in the code, and every plural, "translated" by a mark before it."""
    texts, plurals = {}, {}
    for message, _ in catalogue.in_code():
        if isinstance(message, tuple):
            plurals[message] = tuple(f"{MARK}{form}" for form in message)
        else:
            texts[message] = f"{MARK}{message}"
    return texts, plurals
