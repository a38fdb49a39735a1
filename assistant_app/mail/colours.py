"""Reads the colours of CSS (CSS Color, level 4), as far as emails use them."""

from __future__ import annotations

import re
from colorsys import hls_to_rgb
from functools import lru_cache

Colour = tuple[int, int, int]

CLEAR = 0.05  # opacity at which no one sees letters
_NAMES = """
aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc
bisque ffe4c4 black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a
burlywood deb887 cadetblue 5f9ea0 chartreuse 7fff00 chocolate d2691e coral ff7f50
cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff darkblue 00008b darkcyan 008b8b
darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9 darkkhaki bdb76b
darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00 darkorchid 9932cc darkred 8b0000
darksalmon e9967a darkseagreen 8fbc8f darkslateblue 483d8b darkslategray 2f4f4f darkslategrey 2f4f4f
darkturquoise 00ced1 darkviolet 9400d3 deeppink ff1493 deepskyblue 00bfff dimgray 696969
dimgrey 696969 dodgerblue 1e90ff firebrick b22222 floralwhite fffaf0 forestgreen 228b22
fuchsia ff00ff gainsboro dcdcdc ghostwhite f8f8ff gold ffd700 goldenrod daa520 gray 808080
green 008000 greenyellow adff2f grey 808080 honeydew f0fff0 hotpink ff69b4 indianred cd5c5c
indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa lavenderblush fff0f5 lawngreen 7cfc00
lemonchiffon fffacd lightblue add8e6 lightcoral f08080 lightcyan e0ffff lightgoldenrodyellow fafad2
lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3 lightpink ffb6c1 lightsalmon ffa07a
lightseagreen 20b2aa lightskyblue 87cefa lightslategray 778899 lightslategrey 778899
lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 limegreen 32cd32 linen faf0e6 magenta ff00ff
maroon 800000 mediumaquamarine 66cdaa mediumblue 0000cd mediumorchid ba55d3 mediumpurple 9370db
mediumseagreen 3cb371 mediumslateblue 7b68ee mediumspringgreen 00fa9a mediumturquoise 48d1cc
mediumvioletred c71585 midnightblue 191970 mintcream f5fffa mistyrose ffe4e1 moccasin ffe4b5
navajowhite ffdead navy 000080 oldlace fdf5e6 olive 808000 olivedrab 6b8e23 orange ffa500
orangered ff4500 orchid da70d6 palegoldenrod eee8aa palegreen 98fb98 paleturquoise afeeee
palevioletred db7093 papayawhip ffefd5 peachpuff ffdab9 peru cd853f pink ffc0cb plum dda0dd
powderblue b0e0e6 purple 800080 rebeccapurple 663399 red ff0000 rosybrown bc8f8f royalblue 4169e1
saddlebrown 8b4513 salmon fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna a0522d
silver c0c0c0 skyblue 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa
springgreen 00ff7f steelblue 4682b4 tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347
turquoise 40e0d0 violet ee82ee wheat f5deb3 white ffffff whitesmoke f5f5f5 yellow ffff00
yellowgreen 9acd32 window ffffff windowtext 000000 canvas ffffff canvastext 000000
"""
_NAMED = dict(re.findall(r"(\w+) (\w{6})", _NAMES))
_HEX = re.compile(r"#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b|([0-9a-f]{6})\b")
_FUNCTION = re.compile(r"(rgb|hsl|hwb)a?\(([^()]{1,80})\)")
_WORD = re.compile(r"#?\w+(?:\([^()]{0,200}\))?")


def colour_of(text: str) -> Colour | None:
    """Return the colour that a value begins with; None if it names none."""
    found = _read(text)
    return found[0] if found else None


def is_clear(text: str) -> bool:
    """Return whether a value is a colour that shows nothing."""
    found = _read(text)
    return text.strip().lower() == "transparent" or (found is not None and found[1] <= CLEAR)


def shade_in(text: str) -> Colour | None:
    """Return the colour in a value such as "no-repeat #fff"; None if there is none, or if it is mixed."""
    for word in _WORD.findall(text[:500]):
        if found := _read(word):
            return found[0] if found[1] == 1 else None
    return None


@lru_cache(maxsize=1024)
def _read(text: str) -> tuple[Colour, float] | None:
    """Return the colour and its opacity, from 0 to 1."""
    text = text.strip().lower()
    if found := _HEX.match(text):
        return _from_digits(found[1] or found[2])
    if found := _FUNCTION.match(text):
        return _from_numbers(found[1], re.findall(r"-?\d*\.?\d+%?", found[2]))
    digits = _NAMED.get(text.split(" ")[0])
    return _from_digits(digits) if digits else None


def _from_digits(digits: str) -> tuple[Colour, float]:
    if len(digits) < 5:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, *opacity = bytes.fromhex(digits)
    return (red, green, blue), (opacity[0] / 255 if opacity else 1.0)


def _from_numbers(kind: str, values: list[str]) -> tuple[Colour, float] | None:
    if len(values) < 3:
        return None
    opacity = _share(values[3], 1) if len(values) > 3 else 1.0
    if kind == "rgb":
        red, green, blue = (round(255 * _share(value, 255)) for value in values[:3])
    elif kind == "hwb" and _share(values[1], 100) + _share(values[2], 100) >= 1:  # a grey
        white, black = _share(values[1], 100), _share(values[2], 100)
        red = green = blue = round(255 * white / (white + black))
    elif kind == "hwb":
        return None
    else:
        hue, saturation, lightness = (
            float(values[0].strip("%")) / 360,
            _share(values[1], 100),
            _share(values[2], 100),
        )
        red, green, blue = (round(255 * part) for part in hls_to_rgb(hue, lightness, saturation))
    return (red, green, blue), opacity


def _share(value: str, whole: float) -> float:
    """Return a number or a percentage as a share, from 0 to 1."""
    share = float(value[:-1]) / 100 if value.endswith("%") else float(value) / whole
    return min(1.0, max(0.0, share))
