"""The tag `translate` remembers fixed words: Django takes 8 µs for each, a page has fifty.

The filter `translated` is for texts with values, from the layers below.
"""

from __future__ import annotations

import re

from django import template
from django.template.base import Node, Parser, Token
from django.template.context import Context
from django.templatetags.i18n import TranslateNode, do_translate
from django.utils.translation.trans_real import catalog

from assistant_app.translation import translated

register = template.Library()
register.filter(translated)
FIXED = re.compile(r'"[^"]*"')  # no variable, filter or option, which may say something else each time


class FixedWords(Node):
    def __init__(self, node: TranslateNode) -> None:
        self.node = node
        self.said: tuple[object, str] = (None, "")  # the catalogue of a language, and the words in it

    def render(self, context: Context) -> str:
        spoken = catalog()
        language, words = self.said
        if language is not spoken:
            words = self.node.render(context)
            self.said = (spoken, words)
        return words


@register.tag
def translate(parser: Parser, token: Token) -> Node:
    node = do_translate(parser, token)
    _, *given = token.split_contents()
    is_fixed = len(given) == 1 and FIXED.fullmatch(given[0])
    return FixedWords(node) if is_fixed else node
