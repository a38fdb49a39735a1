"""Translates the texts of the layers below where a door shows them."""

from __future__ import annotations

from copy import copy

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from assistant_app.errors import AssistantError
from assistant_app.phrases import Phrase


def translated(text: str) -> str:
    """Return one of our own texts in the language of the page. What a person wrote must not come here."""
    if not isinstance(text, Phrase):
        return gettext(text)
    of_number = (text.template, text.plural, text.number)
    template = ngettext(*of_number) if text.plural else gettext(text.template)
    if not text.values:
        return template
    return template % {name: _shown(value) for name, value in text.values.items()}


def localized(error: AssistantError) -> AssistantError:
    """Return an error as a page shows it. The given one may belong to a run that an API client waits for."""
    shown = copy(error)
    shown.message = translated(error.message)
    shown.fields = {name: [translated(text) for text in texts] for name, texts in error.fields.items()}
    return shown


def _shown(value: object) -> object:
    if isinstance(value, Phrase):
        return translated(value)
    if isinstance(value, int) and value >= 1_000:  # for shorter ones, it takes longer than the translation
        return number_format(value, force_grouping=True)
    return value
