"""Texts that make text-handling code slow: repeated facts, separators, near-equal paragraphs, odd scripts.

Each kind is a function of a length in characters; it returns the same text each time.
"""

import random
from collections.abc import Callable

Kind = Callable[[int], str]


def repeated(unit: str) -> Kind:
    return lambda length: (unit * (length // len(unit) + 1))[:length]


def between_letters(unit: str) -> Kind:
    """Return a kind for units of white space, since a text of white space only is refused."""
    return lambda length: f"a{repeated(unit)(length - 2)}b"


def drawn(draw: Callable[[random.Random], str], between: str = " ") -> Kind:
    """Return a kind of many drawn words; the same seed draws the same ones."""

    def text(length: int) -> str:
        chance, words, size = random.Random(4471), [], 0
        while size < length:
            words.append(draw(chance))
            size += len(words[-1]) + len(between)
        return between.join(words)[:length]

    return text


def word(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghij", k=5))


def like_the_others(chance: random.Random) -> str:
    return " ".join(chance.choices(["alpha", "beta", "gamma"], k=12))


KINDS: dict[str, Kind] = {
    # Facts, many and different.
    "addresses": drawn(lambda r: f"a{r.randrange(10**4)}@b{r.randrange(99)}.example"),
    "links": drawn(lambda r: f"https://x{r.randrange(10**4)}.example/{r.randrange(10**4)}"),
    "numbers": drawn(lambda r: str(r.randrange(10**6))),
    "dates": drawn(lambda r: f"{r.randrange(1, 29)} {r.choice(['May', 'June'])} {r.randrange(1990, 2030)}"),
    "names": drawn(lambda r: word(r).capitalize()),
    "names, one a line": drawn(lambda r: word(r).capitalize(), "\n"),
    "facts of all kinds": drawn(
        lambda r: r.choice(["a1@b.example", "May", "1-1", "X", "www.a.example/", "Kate", "€5", "3:30 pm"])
    ),
    "values with their items": drawn(lambda r: f"{word(r)} {r.choice(['10:00', '11:00', '€5', '€6'])},"),
    "codes": repeated("A1-"),
    "placeholders": repeated("[Your name] "),
    "numbers in words": repeated("two hundred and "),
    "one number in words": repeated("zweihundert"),
    "phone numbers": repeated("+1 234 567 "),
    "list items": repeated("1. a\n"),
    "left out": repeated("not 1. "),
    # Separators.
    "1-1-": repeated("1-1-"),
    "1:1:": repeated("1:1:"),
    "1/1/": repeated("1/1/"),
    "1.1.": repeated("1.1."),
    "1,111": repeated("1,111"),
    "A.": repeated("A."),
    "a/": repeated("a/"),
    "a@": repeated("a@"),
    ".a": repeated(".a"),
    "hyphens": repeated("a-"),
    "a.example/": repeated("a.example/"),
    "short paragraphs": repeated("a\n\n"),
    "short lines": repeated("a\n"),
    "empty lines": between_letters("\n"),
    "lines of spaces": between_letters("\n \n"),
    "spaces": repeated("a  "),
    "tabs": between_letters("\t"),
    "a line of spaces": lambda length: f"a\n{repeated(' ')(length - 3)}b",
    "marks between blank lines": repeated("’\n\n"),
    # Nearly the same, over and over.
    "near-equal paragraphs": drawn(like_the_others, "\n\n"),
    "paragraphs of two words": drawn(lambda r: f"{word(r)} {r.choice('ab')}", "\n\n"),
    "three letters": drawn(lambda r: r.choice("abc")),
    "different words": drawn(word),
    "one sentence": drawn(lambda r: r.choice(["the", "order", "ships", "Friday,", "and", "Marta", "60"])),
    "many sentences": repeated("a. "),
    # Scripts and characters.
    "Chinese": drawn(lambda r: chr(r.randrange(0x4E00, 0x9FFF)), ""),
    "Thai": repeated("ภาษา"),
    "right to left": repeated("שלום \u202e"),
    "Arabic": repeated("مرحبا "),
    "combining characters": repeated("e\u0301\u0302\u0303"),
    "one letter with all marks": lambda length: "a" + "\u0301" * (length - 1),
    "spaces with marks": repeated(" \u0301"),
    "emoji": repeated("👨‍👩‍👧"),
    "flags": repeated("🇩🇪"),
    "half flags": repeated("🇩"),
    "beyond the basic plane": repeated("\U0001d400"),
    "invisible characters": repeated("\u200b"),
    "no spaces": repeated("a"),
    "long number": repeated("1"),
    "capitals": repeated("X"),
    "Roman numerals": repeated("ⅻ_"),
    # Markup and quotes.
    "markup": repeated("<b>&amp;</b>"),
    "tags": repeated("<a "),
    "brackets": repeated("[a"),
    "braces": repeated("{{a"),
    "parentheses": repeated("("),
    "quotation marks": repeated("\"'“"),
    "full stops and quotes": repeated('."'),
    "quoted lines": repeated("> a\n"),
    "quote marks": repeated(">"),
    "wrote": repeated("On 1 wrote wrote "),
    "lines with wrote": repeated("On 1 " + "wrote " * 30 + "\n" + "wrote " * 15 + "\n"),
    "years and colons": repeated("1234 : "),
    "lines before quotes": repeated("1234:\n\n"),
    # Like the header of an email.
    "From": repeated("From: a\n"),
    "header lines": repeated("a: x\n"),
    "commas in a name": lambda length: "From: " + repeated(",<")(length - 6),
    "lines with addresses": repeated("\r\n please a@b.c </b>pm¿ "),
    "folded header lines": repeated("a: x\n y\n"),
    "headers of quoted emails": repeated("From: a\nSent: b\n"),
    "dashes": repeated("-- Original\n"),
    "ids of a thread": repeated("References: <a@b>\n"),
    "one long thread": lambda length: "References: " + repeated("<a@b> ")(length - 12),
}
FEW = ("addresses", "short paragraphs", "flags")  # of each group, the slowest
