"""Run other libraries on emails: JSON list of texts on stdin, JSON of {name: [texts without quotes]} on stdout.

It is run by the Python of an environment that has them (see `tests/quotes/__main__.py`), so it imports nothing of this project.
"""

import json
import sys
from contextlib import suppress


def installed():
    """Yield name and function of each library that can be imported."""
    with suppress(ImportError):
        from talon import quotations  # noqa: PLC0415

        yield "talon", quotations.extract_from_plain
    with suppress(ImportError):
        from mailparser_reply import EmailReplyParser as ReplyParser  # noqa: PLC0415

        languages = ["en", "de", "fr", "it", "ja", "pl", "sv", "cs", "es", "nl", "ko", "zh", "pt", "da", "he"]
        yield "mail-parser-reply", lambda text: ReplyParser(languages=languages).parse_reply(text=text)
    with suppress(ImportError):
        from email_reply_parser import EmailReplyParser  # noqa: PLC0415

        yield "email-reply-parser", EmailReplyParser.parse_reply
    with suppress(ImportError):
        import quotequail  # noqa: PLC0415

        yield (
            "quotequail",
            lambda text: "\n".join(
                part for is_new, part in quotequail.quote(text, quote_intro_line=True) if is_new
            ),
        )


def answer(function, text):
    try:
        return function(text) or ""
    except Exception:  # noqa: BLE001  # a crash counts as wrong
        return None


if __name__ == "__main__":
    emails = json.load(sys.stdin)
    json.dump(
        {name: [answer(function, text) for text in emails] for name, function in installed()}, sys.stdout
    )
