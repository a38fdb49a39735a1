"""Decodes the letters of an email: bodies, header lines and encoded words. The bytes are untrusted."""

from __future__ import annotations

import codecs
import re
from base64 import b64decode
from binascii import Error as BadBase64
from encodings.aliases import aliases as _PYTHONS_LABELS
from quopri import decodestring
from typing import NamedTuple
from unicodedata import category, normalize

import webencodings

LONGEST_GUESSED = 10_000  # bytes that are looked at to guess a charset
MOST_COUNTED = 50_000  # bytes on either side of the first that is wrong in UTF-8

# Wider sets than the declared one, which senders mean (WHATWG Encoding, section 4.2).
_WIDER = {"gbk": "gb18030", "gb2312": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs"}
# Labels that browsers do not know, and mail has. All others stay unknown: some of Python's codecs are slow.
_OLD_LABELS = {
    **{
        f"cp{number}": f"cp{number}"
        for number in (437, 850, 852, 855, 857, 858, 860, 861, 863, 865, 949, 950)
    },
    **{f"ibm{number}": f"cp{number}" for number in (437, 850, 852, 855, 857, 858, 860, 861, 863, 865)},
    **{"johab": "johab", "hz-gb-2312": "hz", "hz": "hz", "iso-2022-kr": "iso2022_kr", "cp932": "cp932"},
    **{"utf-7": "utf_7", "unicode-1-1-utf-7": "utf_7", "utf-32": "utf_32", "utf-16": "utf_16"},
    **{"x-mac-ce": "mac_latin2", "x-mac-greek": "mac_greek", "x-mac-turkish": "mac_turkish"},
    **{"x-mac-icelandic": "mac_iceland", "x-mac-croatian": "mac_croatian", "x-mac-romanian": "mac_romanian"},
    **{
        "x-mac-japanese": "cp932",
        "x-mac-korean": "cp949",
        "x-mac-arabic": "cp1256",
        "x-mac-hebrew": "cp1255",
    },
    **{"x-mac-chinesesimp": "gb18030", "x-mac-chinesetrad": "big5hkscs", "macroman": "mac_roman"},
    **{"cn-gb": "gb18030", "euc-cn": "gb18030", "cn-big5": "big5hkscs", "euc-jisx0213": "euc_jis_2004"},
    **{"cp936": "gb18030", "ms936": "gb18030", "ms932": "cp932", "ms949": "cp949", "ms950": "cp950"},
    **{"big5-hkscs": "big5hkscs", "shift_jisx0213": "shift_jis_2004", "koi8-t": "koi8_t", "mac": "mac_roman"},
    **{"iso-8859-1-windows-3.1-latin-1": "windows-1252", "x-ansi": "windows-1252", "hp-roman8": "hp_roman8"},
    **{"ptcp154": "ptcp154", "tis620": "cp874", "x-windows-874": "cp874"},
    **{"sjis-win": "cp932", "eucjp-win": "euc_jp", "cp51932": "euc_jp", "big5-eten": "cp950"},
    **{"utf8mb4": "utf_8", "cesu-8": "utf_8", "ucs-2": "utf_16", "unicode": "utf_16"},
}
# Codecs for which Python's own list of labels counts, too.
_CODEC = re.compile(
    r"cp\d+|iso8859_\d+|koi8_[rtu]|mac_\w+|gb\w+|big5\w*|euc_\w+|shift_jis\w*|utf_(?:7|8|16|32)"
)
_CODECS = frozenset(_PYTHONS_LABELS.values())
_LABEL = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,60}")
_NUMBERED = re.compile(r"(?:x-)?(?:windows|win|cp|ms|ansi)[-_]?(125[0-8]|874)(?:-8)?")
_OLD_NUMBERED = re.compile(r"(?:x-)?(?:cp|ibm|dos|oem)[-_]?0*([1-9]\d{2,3})")
_ISO_NUMBERED = re.compile(r"(?:x-)?iso[-_ ]?8859[-_]?(\d{1,2})(?:[-_]?[ei])?(?::\d{4})?")
_ISO_2022_JP = re.compile(r"(?:x-)?(?:iso-?2022-?jp.*|cp5022\d|csiso2022jp\d?)")
_UNKNOWN = {"unknown", "unknown-8bit", "x-unknown", "8bit", "7bit", "binary", "none", "default", "charset"}

# Codecs for letters that the wider one lacks: NEC's circled digits, which JIS X 0213 has at the same places,
# and the euro.
_OTHER = {"euc_jp": "euc_jis_2004", "big5hkscs": "cp950"}
_NO_LETTERS = {"Cc", "Cn", "Co", "Cs", "Sc", "Sk", "So", "Zs"}  # categories of Unicode
# An escape of ISO-2022-JP; programs name any charset beside it.
_SWITCHES = re.compile(rb"\x1b\$(?:[@AB]|\([A-Z])")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
# RFC 1468 and its extensions: escapes, each with the codec for the bytes after it with the high bit set.
_ESCAPE = re.compile(rb"\x1b(\$\([A-Z]|\$[@AB]|\([A-Z])")
_AFTER_ESCAPE = {
    **dict.fromkeys((b"$@", b"$B", b"$(O", b"$(P", b"$(Q"), "euc_jis_2004"),
    **{b"$A": "gb18030", b"$(C": "cp949", b"$(D": "jis_x_0212", b"(I": "cp932", b"(J": "roman"},
}
MOST_ESCAPES = 200_000  # more would take over half a second; Python's own codec knows fewer letters
_WITH_HIGH_BIT = bytes(byte | 0x80 for byte in range(256))
_ROMAN = str.maketrans("\\~", "¥‾")  # JIS X 0201, where it differs from ASCII
# RFC 2047, section 2. Senders also write spaces, and letters that are not encoded, into the text.
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?\n]*(?:\?(?!=)[^?\n]*)*)\?=")
_BETWEEN_WORDS = re.compile(r"\s*\Z")

_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфёіїєґўъ"
_HANZI_CN = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运款请谢您发票查收单付"
_HANZI_TW = "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作里用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運款請謝您發票查收單付"
_KANA = "".join(map(chr, [*range(0x3041, 0x3094), *range(0x30A1, 0x30F7)])) + "ー・"
_KANJI = "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度務強気小七成期公野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百派点教報済書府活原先共得解名交資予川向際査勝面委告軍文反元重近千考判認画海参売利組知案道信策集在件団別物側任引使求所次水半品昨論計死官増係感特情投示変打男基私各始島直両朝革価式確村提運終挙果西勢減台広容必応演電歳住争談能無再位置企真流格有疑口過局少放税検藤町常校料沢裁状工建語球営空職証土与急止送援供可役構木割聞身費付施切由説転食比難防補車優夫研収断井何南石足違消境神番規術護展態導鮮備宅害配副算視条幹独警宮究育席輸訪楽起万着乗店述残想線率病農州武声質念待試族象銀域助労例衛然早張映限親額監環験追審商葉義伝働形景落欧担好退準賞訴辺造英被株頭技低毎医復仕去姿味負閣韓渡失移差衆個門写評課末守若脳極種美岡影命含福蔵量望松非撃佐核観察整段横融型白深字答夜製票況音申様財港識注呼渉達請願致"
_HANGUL = "이다는에의을가고하은를한지로서사있기도니인나어대자해그으시리과들수보요일아라정전것주부만제했면와없게여할습상세구장비러말우내안된원스선조동위관성되무중문마생신공금오거때미유연계방모경당진적발재소후입실물개명합오세녕청"
# Charsets that are tried if none is declared, each with the letters of its languages, commonest first.
_GUESSES = (
    ("cp1252", "éäöüßáàèçóñíøåæêãõâôúîûëïœìòù"),
    ("cp1250", "ąęłżćśóńźčšřžěáéíýůúőűďťňăâîöüäß"),
    ("cp1254", "ıişğüöçâî"),
    ("cp1257", "ąčęėįšųūžāēīķļņģäöüõ"),
    *((name, _CYRILLIC) for name in ("cp1251", "koi8_u", "iso8859_5", "cp866")),
    ("cp1253", "αοιεητνσςρκπυμλγδωχθφβξζψάίέόήύώϊϋΐΰ"),
    ("cp1255", "יוהלאתמרבשנדקםעחפטצזכגסןךףץ"),
    ("cp1256", "اليمنرتبودعسهةفقكحجشطخصزذضغثءئؤأإآى؟،چپگژی"),
    ("cp874", "านรอกเงมยลวดทสตะปบคหจพชขไใแ่้ีิ์ัาำุูโผซธฉึๆฟ็ศญถษณฐฝภ"),
    ("gb18030", _HANZI_CN),
    ("big5hkscs", _HANZI_TW),
    ("cp932", _KANA + _KANJI),
    ("euc_jis_2004", _KANA + _KANJI),
    ("cp949", _HANGUL),
)
_RARE = {"iso8859_5"}  # hardly written; Korean syllables look like its capitals
_FIRST_BEYOND_LATIN = "\u0370"
_PUNCTUATION = frozenset("–—‘’“”„…€«»№°§·•®©、。「」『』（），：；！？・\u3000\xa0¿¡¼½")


class Decoded(NamedTuple):
    text: str
    is_guessed: bool  # no charset was declared, and the bytes are not UTF-8


def decode(raw: bytes, label: str = "") -> Decoded:
    """Decode bytes by the label of their charset. Replace single wrong bytes with U+FFFD.

    Only text without a usable label is guessed. ASCII, and UTF-8 without a letter in UTF-8, are not usable.
    """
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return Decoded(raw[len(mark) :].decode(name, "replace"), False)
    codec = codec_of(label)
    if codec == "utf_7" and not raw.isascii():  # which UTF-7 is
        codec = "utf_8"
    if codec.startswith("utf_16") or codec.startswith("utf_32"):
        return Decoded(raw.decode(_with_byte_order(raw, codec), "replace"), False)
    if codec == "iso2022_jp" or (codec not in ("utf_7", "iso2022_kr", "hz") and _SWITCHES.search(raw)):
        return Decoded(_from_escapes(raw), False)
    if codec in ("", "cp1252", "utf_8"):  # Latin-1 is often declared for UTF-8, and ASCII for anything
        if _is_utf8(raw):
            return Decoded(raw.decode("utf-8", "replace"), False)
        if codec == "cp1252" and not _says_ascii(label):
            return Decoded(_without_gaps(raw), False)
        return _guess(raw)
    text = raw.decode(_WIDER.get(codec, codec), "replace")
    if "\ufffd" in text and codec in _OTHER:
        text = min(text, raw.decode(_OTHER[codec], "replace"), key=lambda each: each.count("\ufffd"))
    if not raw.isascii() and _is_rather_utf8(raw, text):
        text = raw.decode("utf-8")
    return Decoded(normalize("NFC", text) if codec == "cp1258" else text, False)


def codec_of(label: str) -> str:
    """Return the name of Python's codec for a charset's label; "" if it is unknown."""
    found = _LABEL.match(label.strip().strip("\"'").lower())
    name = found[0].rstrip(".:") if found else ""
    if not name or name in _UNKNOWN:
        return ""
    if _ISO_2022_JP.fullmatch(name):
        return "iso2022_jp"
    if numbered := _NUMBERED.fullmatch(name):
        name = f"windows-{numbered[1]}"
    elif numbered := _ISO_NUMBERED.fullmatch(name):
        name = f"iso-8859-{numbered[1]}"
    elif (numbered := _OLD_NUMBERED.fullmatch(name)) and f"cp{numbered[1]}" in _OLD_LABELS:
        name = f"cp{numbered[1]}"
    return _known(name) or _known(name.removeprefix("x-"))


def _known(name: str) -> str:
    if name in _OLD_LABELS:
        return codecs.lookup(_OLD_LABELS[name]).name.replace("-", "_")
    encoding = webencodings.lookup(name) or webencodings.lookup(name.replace("_", "-"))
    if encoding and encoding.name != "x-user-defined":  # a codec only for pages
        return encoding.codec_info.name.replace("-", "_")
    name = re.sub(r"\W", "_", name)
    codec = _PYTHONS_LABELS.get(name, name)
    return codecs.lookup(codec).name.replace("-", "_") if _CODEC.fullmatch(codec) and codec in _CODECS else ""


def decode_words(text: str, label: str = "") -> str:
    """Decode a header line's encoded words (RFC 2047), and its raw bytes by the label of the email's charset.

    Words side by side are joined before they are decoded, because some programs split letters.
    """
    pieces: list[str] = []
    raw, charset, end = b"", "", 0
    for word in _WORD.finditer(text):
        between = text[end : word.start()]
        is_next = bool(charset) and _BETWEEN_WORDS.match(between) is not None
        name = word[1].partition("*")[0].lower()  # RFC 2231, section 5: a language may follow
        if not is_next or name != charset:
            pieces += [decode(raw, charset).text if charset else "", "" if is_next else _raw(between, label)]
            raw, charset = b"", name
        raw += _bytes_of(word)
        end = word.end()
    pieces += [decode(raw, charset).text if charset else "", _raw(text[end:], label)]
    return "".join(pieces)


def has_encoded_words(text: str) -> bool:
    return _WORD.search(text) is not None


def _bytes_of(word: re.Match[str]) -> bytes:
    text = word[3].encode("utf-8", "surrogateescape")
    if word[2] in "qQ":
        return decodestring(text, header=True)
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    try:
        return b64decode(kept[: len(kept) - (len(kept) % 4 == 1)] + b"=" * (-len(kept) % 4))
    except BadBase64:
        return b""


def _raw(text: str, label: str) -> str:
    """Decode raw bytes, which the parser represents as surrogates, and escapes of ISO-2022-JP."""
    if text.isascii() and "\x1b$" not in text:
        return text
    try:
        raw = text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:  # letters already
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return raw.decode("utf-8", "replace") if _is_utf8(raw) and b"\x1b" not in raw else decode(raw, label).text


def _says_ascii(label: str) -> bool:
    return "ascii" in label.lower() or label.strip().strip("\"'").lower() in (
        "iso-ir-6",
        "ansi_x3.4-1968",
        "646",
    )


def _is_utf8(raw: bytes) -> bool:
    """Return whether the bytes are ASCII or UTF-8, apart from single wrong bytes."""
    try:
        raw.decode()
    except UnicodeDecodeError as problem:
        sample = raw[max(0, problem.start - MOST_COUNTED) : problem.start + MOST_COUNTED]
        letters = _UTF8_LETTER.findall(sample)
        wrong = len(_HIGH.findall(sample)) - sum(map(len, letters))
        return len(letters) >= 3 * wrong
    return True


def _is_rather_utf8(raw: bytes, text: str) -> bool:
    """Return whether bytes are UTF-8 although another charset was declared, in which they read as `text`.

    Few letters may be both. Then the reading counts that has fewer odd letters.
    """
    try:
        rather = raw.decode()
    except UnicodeDecodeError:
        return False
    letters = [len(letter) for letter in _UTF8_LETTER.findall(raw)]
    is_long = letters.count(2) > 7 or len(letters) - letters.count(2) > 1
    return is_long or _oddness(text) > _oddness(rather)


def _oddness(text: str) -> int:
    """Return the number of letters in unlikely places, plus characters that aren't letters."""
    before, odd = " ", 0
    for letter in text:
        if not letter.isascii():
            odd += _is_odd_after(before, letter) or category(letter) in _NO_LETTERS
            odd += letter == "\ufffd"
        elif letter.isalpha() and before >= _FIRST_BEYOND_LATIN and before.isalpha():
            odd += 1
        before = letter
    return odd


def _with_byte_order(raw: bytes, codec: str) -> str:
    """Return the codec for UTF-16 without a byte order mark: the high bytes of letters vary less than the low."""
    if codec != "utf_16":
        return codec
    sample = raw[: LONGEST_GUESSED // 10 * 2]
    big, little = (sample.decode(each, "replace") for each in ("utf_16_be", "utf_16_le"))
    is_little = (_oddness(little), len(set(sample[1::2]))) < (_oddness(big), len(set(sample[::2])))
    return "utf_16_le" if is_little else "utf_16_be"


def _without_gaps(raw: bytes) -> str:
    """Decode Windows-1252; its five unused bytes are control characters, as in browsers."""
    return raw.decode("cp1252", "replace") if _HIGH.search(raw) else raw.decode("ascii")


def _from_escapes(raw: bytes) -> str:
    """Decode ISO-2022-JP with the letters that programs write beyond it, such as NEC's circled digits."""
    if raw.count(b"\x1b") > MOST_ESCAPES:
        return raw.decode("iso2022_jp_ext", "replace")
    pieces: list[str] = []
    codec, start = "", 0
    for escape in _ESCAPE.finditer(raw):
        pieces.append(_stretch(raw[start : escape.start()], codec))
        codec, start = _AFTER_ESCAPE.get(escape[1], ""), escape.end()
    return "".join([*pieces, _stretch(raw[start:], codec)])


def _stretch(raw: bytes, codec: str) -> str:
    if not codec and raw.isascii():
        return raw.decode("ascii")
    if codec in ("", "roman"):
        text = raw.decode("utf-8" if _is_utf8(raw) else "cp932", "replace")
        return text.translate(_ROMAN) if codec else text
    # A line ends the charset (RFC 1468), and some programs rely on it.
    return "".join(_line(line, codec) for line in raw.splitlines(keepends=True))


def _line(line: bytes, codec: str) -> str:
    text = line.rstrip(b"\r\n")
    high = text.translate(_WITH_HIGH_BIT)
    if codec == "jis_x_0212":
        codec, high = "euc_jp", b"".join(b"\x8f" + high[at : at + 2] for at in range(0, len(high), 2))
    return high.decode(codec, "replace") + line[len(text) :].decode("ascii")


def _guess(raw: bytes) -> Decoded:
    """Decode with the charset whose usual letters fit best; with Windows-1252 if none does."""
    sample = raw[:LONGEST_GUESSED]
    letters_in_ascii = len(re.findall(rb"[A-Za-z]", sample))
    bonus = 0.1 if letters_in_ascii > 2 * len(_HIGH.findall(sample)) else 0.0  # Western languages write a few
    best, text = 0.0, ""
    for codec, letters in _GUESSES:
        decoded = sample.decode(codec, "replace")
        score = _score(decoded, letters) + (bonus if codec == "cp1252" else 0)
        score -= 0.1 if codec in _RARE else 0
        if score > best:
            best, text = score, raw.decode(codec, "replace")
    return Decoded(text or raw.decode("cp1252", "replace"), True)


def _score(text: str, letters: str) -> float:
    """Return how usual the letters beyond ASCII are, from -1 to 1."""
    places = {letter: place for place, letter in enumerate(letters)}
    total, number, before = 0.0, 0, " "
    for letter in text:
        if not letter.isascii() and letter not in _PUNCTUATION:
            number += 1
            place = places.get(letter.lower())
            if place is None or _is_odd_after(before, letter):
                total -= 1
            else:
                total += 1 - 0.5 * place / len(letters)
        elif letter.isascii() and letter.isalpha() and before >= _FIRST_BEYOND_LATIN and before.isalpha():
            total -= 1
        before = letter
    return total / number if number else 0.0


def _is_odd_after(before: str, letter: str) -> bool:
    """Return whether a letter is a capital inside a word, or another script's inside a Latin word."""
    if before.isascii() and before.isalpha() and letter >= _FIRST_BEYOND_LATIN:
        return True
    return letter != letter.lower() and before.isalpha() and before != before.upper()
