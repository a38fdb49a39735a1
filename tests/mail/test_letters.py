"""Letters of all charsets, in bodies and subjects alike: the declared charset counts, and one wrong byte costs one letter."""

from base64 import b64encode

import pytest

from assistant_app.mail import eml
from assistant_app.mail.charsets import codec_of
from tests.mail.letters import email_of, multipart, part

GREEK, RUSSIAN, UKRAINIAN = "Καλημέρα, τιμολόγιο", "Добрый день, счёт", "Доброго дня, рахунок її"
HEBREW, ARABIC, THAI = "שלום רב", "السلام عليكم", "สวัสดีครับ"
POLISH, TURKISH, LATVIAN, FRENCH = (
    "Proszę o łódź",
    "Teşekkürler, iyi günler",
    "Labdien, rēķins",
    "Déjà reçu à l’été",
)
JAPANESE, CHINESE, TAIWANESE, KOREAN = (
    "請求書をお送りください",
    "请查收发票",
    "請查收發票",
    "안녕하세요 청구서",
)
# Label in the email, Python's codec for what its sender means, text.
MATRIX = [
    *[(label, "utf-8", RUSSIAN) for label in ("utf-8", "UTF8", "utf-8*", '"utf-8"', "unicode-1-1-utf-8")],
    *[(label, "utf-8", FRENCH) for label in ("us-ascii", "iso-8859-1", "windows-1252")],
    *[
        (label, "cp1252", "Déjà reçu")
        for label in ("iso-8859-1", "latin1", "l1", "windows-1252", "cp1252", "cp819", "x-ansi")
    ],
    *[(label, "cp1252", FRENCH + " 4 €") for label in ("iso-8859-1", "windows-1252", "iso8859_1")],
    ("iso-8859-15", "iso8859-15", "Déjà 4 €"),
    *[(label, "iso8859-2", "Proszę o łódź") for label in ("iso-8859-2", "latin2", "iso_8859-2:1987")],
    *[(label, "cp1250", POLISH) for label in ("windows-1250", "cp1250", "x-cp1250")],
    *[(label, "cp1251", RUSSIAN) for label in ("windows-1251", "x-cp1251", "win-1251", "cp1251")],
    *[(label, "koi8-r", "Добрый день") for label in ("koi8-r", "koi8", "cskoi8r")],
    ("koi8-u", "koi8-u", UKRAINIAN),
    *[(label, "iso8859-5", "Добрый день") for label in ("iso-8859-5", "cyrillic")],
    *[(label, "cp866", "Добрый день") for label in ("ibm866", "cp866")],
    ("x-mac-cyrillic", "mac-cyrillic", "Добрый день"),
    *[(label, "mac-roman", "Déjà reçu") for label in ("macintosh", "x-mac-roman", "mac")],
    ("x-mac-ce", "mac-latin2", "Proszę o łódź"),
    ("x-mac-greek", "mac-greek", "Καλημέρα"),
    *[(label, "cp1253", GREEK) for label in ("windows-1253", "cp1253")],
    *[(label, "iso8859-7", "Καλημέρα") for label in ("iso-8859-7", "greek", "iso-8859-7:2003")],
    *[(label, "cp1254", TURKISH) for label in ("windows-1254", "iso-8859-9", "latin5")],
    *[(label, "cp1255", HEBREW) for label in ("windows-1255", "cp1255")],
    *[
        (label, "iso8859-8", HEBREW)
        for label in ("iso-8859-8", "iso-8859-8-i", "iso-8859-8-e", "visual", "logical")
    ],
    *[(label, "cp1256", ARABIC) for label in ("windows-1256", "cp1256")],
    *[(label, "iso8859-6", ARABIC) for label in ("iso-8859-6", "arabic", "iso-8859-6-i")],
    *[(label, "cp1257", LATVIAN) for label in ("windows-1257",)],
    ("iso-8859-13", "iso8859-13", LATVIAN),
    ("iso-8859-4", "iso8859-4", "Labdien, rēķins"),
    *[
        (label, "cp874", THAI)
        for label in ("windows-874", "tis-620", "tis620", "iso-8859-11", "dos-874", "x-windows-874")
    ],
    *[
        (label, "gb18030", CHINESE + "镕")
        for label in ("gb2312", "gbk", "x-gbk", "gb18030", "cp936", "euc-cn", "cn-gb")
    ],
    *[(label, "big5hkscs", TAIWANESE) for label in ("big5", "big5-hkscs", "x-x-big5", "cn-big5")],
    *[
        (label, "cp932", JAPANESE + "①㈱ｶﾅ")
        for label in ("shift_jis", "x-sjis", "windows-31j", "sjis", "cp932", "ms_kanji")
    ],
    *[(label, "euc_jp", JAPANESE) for label in ("euc-jp", "x-euc-jp")],
    ("euc-jp", "euc_jis_2004", JAPANESE + "①"),
    *[
        (label, "iso2022_jp", JAPANESE)
        for label in ("iso-2022-jp", "csiso2022jp", "iso-2022-jp-ms", "cp50221")
    ],
    *[
        (label, "cp949", KOREAN + "똠")
        for label in ("euc-kr", "ks_c_5601-1987", "cp949", "windows-949", "korean")
    ],
    ("iso-2022-kr", "iso2022_kr", KOREAN),
    *[
        ("cp850", "cp850", "Déjà reçu"),
        ("cp-850", "cp850", "Déjà reçu"),
        ("DOS-850", "cp850", "Déjà reçu"),
        ("cp437", "cp437", "Déjà reçu"),
        ("hz-gb-2312", "hz", CHINESE),
        ("mac-cyrillic", "mac-cyrillic", "Добрый день"),
        ("x-user-defined", "utf-8", RUSSIAN),
    ],
]
IDS = [f"{label} for {codec}" for label, codec, _ in MATRIX]


@pytest.mark.parametrize(("label", "codec", "text"), MATRIX, ids=IDS)
def test_a_body_is_read_with_the_charset_that_its_label_means(label, codec, text):
    mail = eml.read(email_of(f"Content-Type: text/plain; charset={label}", body=text.encode(codec)))
    assert mail.text.endswith(f"\n\n{text}")
    assert mail.notes == ()


@pytest.mark.parametrize(("label", "codec", "text"), MATRIX, ids=IDS)
def test_a_subject_is_read_like_a_body(label, codec, text):
    label = label.strip('"')
    subject = f"=?{label}?B?{b64encode(text.encode(codec)).decode()}?="
    assert f"Subject: {text}\n" in eml.read(email_of(subject=subject)).text


MISLABELLED = {
    "windows-1251": RUSSIAN,
    "koi8-r": RUSSIAN,
    "gb2312": CHINESE,
    "gb18030": CHINESE,
    "big5": TAIWANESE,
    "shift_jis": JAPANESE,
    "euc-jp": JAPANESE,
    "iso-2022-jp": JAPANESE,
    "euc-kr": KOREAN,
    "gbk": "Grüße",
    "windows-1250": "Příliš žluťoučký kůň",
    "windows-1253": "Καλημέρα σας",
    "windows-1254": "Teşekkürler ığş",
    "windows-1255": "שלום רב",
    "windows-1256": "السلام عليكم",
    "windows-1257": "Labdien, rēķins",
    "windows-1258": "Xin chào",
    "utf-7": "a+b=c & Grüße",
}


@pytest.mark.parametrize("label", MISLABELLED)
def test_utf8_is_noticed_under_any_label(label):
    text = MISLABELLED[label]
    assert eml.read(email_of(f"Content-Type: text/plain; charset={label}", body=text.encode())).text.endswith(
        text
    )
    subject = f"=?{label}?B?{b64encode(text.encode()).decode()}?="
    assert f"Subject: {text}\n" in eml.read(email_of(subject=subject)).text


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        *(("cp1250", text) for text in ("Úžas", "ŠÍŽ", "Žluťoučký", "Dziękuję, łódź", "Ľúbi ťa")),
        *(("cp1251", text) for text in ("№ 12, В»", "СЁМГА", "Ї", "счёт")),
        *(("gb18030", text) for text in ("联通", "谢谢", "你好", "一", "用户a", "移动联通", "支付宝")),
        *(
            ("big5", "謝謝"),
            ("cp932", "ﾊﾝｶｸ"),
            ("cp932", "はい"),
            ("cp949", "네"),
            ("koi8_r", "ЁЖ"),
            ("cp1253", "Ά"),
        ),
        *(("cp1255", "שלום"), ("cp1256", "نعم"), ("cp1254", "İĞÜ"), ("cp874", "ไทย")),
    ],
)
def test_short_texts_of_other_charsets_are_not_taken_for_utf8(codec, text):
    label = {"cp874": "windows-874"}.get(codec, codec)
    data = email_of(f"Content-Type: text/plain; charset={label}", body=text.encode(codec))
    assert eml.read(data).text.endswith(f"\n\n{text}")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("text", ["Grüße aus Köln", RUSSIAN, CHINESE])
def test_utf16_is_read_in_the_order_of_its_bytes(codec, text):
    lines = ("Content-Type: text/plain; charset=utf-16", "Content-Transfer-Encoding: base64")
    assert eml.read(email_of(*lines, body=b64encode(text.encode(codec)))).text.endswith(text)


FILES = {
    "filename*=utf-8''%E2%82%AC%20rates.pdf": "€ rates.pdf",
    "filename*1*=%20b.pdf; filename*0*=utf-8''%C3%A4": "ä b.pdf",
    'filename*0="long-";\n filename*1="name.pdf"': "long-name.pdf",
    "filename*=iso-8859-1'de'Gr%FC%DFe.pdf": "Grüße.pdf",
    "filename*=gb18030''%B7%A2%C6%B1.pdf": "发票.pdf",
    'filename*0="=?utf-8?Q?Gr=C3=BC"; filename*1="=C3=9Fe.pdf?="': "Grüße.pdf",
    "filename==?utf-8?Q?Gr=C3=BC=C3=9Fe.pdf?=": "Grüße.pdf",
    "filename=Grüße aus Köln.pdf": "Grüße aus Köln.pdf",
    'filename="Grüße.pdf"': "Grüße.pdf",
}


@pytest.mark.parametrize("said", FILES)
def test_the_name_of_a_file_is_read_as_programs_write_it(said):
    file = f"Content-Type: application/pdf\nContent-Disposition: attachment; {said}\n\nx".encode()
    assert eml.read(multipart("mixed", part("text/plain", "Hello"), file)).left_out == (FILES[said],)


def test_the_matrix_is_as_large_as_the_docs_say():
    assert len(MATRIX) >= 77


@pytest.mark.parametrize(
    ("label", "raw", "text"),
    [
        ("utf-8", "Добрый день ".encode() + b"\xd0" + " и до пятницы".encode(), "Добрый день � и до пятницы"),
        ("big5", "請查收".encode("big5") + b"\xff" + "發票".encode("big5"), "請查收�發票"),
        ("iso-8859-1", "Grüße aus Köln, schöne Tage ".encode() + b"\xe4", "Grüße aus Köln, schöne Tage �"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(B \x1b$B@A5a=q\x1b(B", "① 請求書"),
        ("iso-2022-jp", b"\x1b$B-!-j@A5a=q\x1b(B", "①㈱請求書"),
        ("iso-2022-jp", b"\x1b(I6E\x1b(B \x1b$B@A\x1b(B", "ｶﾅ 請"),
        ("iso-2022-jp", b"\x1b(J\\100\x1b(B \\", "¥100 \\"),
        ("us-ascii", b"\x1b$B@A5a=q\x1b(B", "請求書"),
        ("us-ascii", b"\x1b$@@A5a=q\x1b(B", "請求書"),
        ("", b"\x1b$B@A5a=q\x1b(B", "請求書"),
        ("shift_jis", b"\x1b$B@A5a=q\x1b(B", "請求書"),
        ("big5", "發票".encode("big5") + b"\xa3\xe1", "發票€"),
        ("windows-1258", "Tiê\u0301ng Viê\u0323t".encode("cp1258"), "Tiếng Việt"),
        ("latin9", b"12 \xa4", "12 €"),
    ],
)
def test_a_wrong_or_unusual_byte_costs_nothing_else(label, raw, text):
    assert eml.read(email_of(f"Content-Type: text/plain; charset={label}", body=raw)).text.endswith(
        f"\n\n{text}"
    )


GUESSED = "The email does not say how its letters are encoded. They were guessed and may be wrong."


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1251", "Добрый день, высылаю счёт. Оплата до пятницы."),
        ("koi8-r", "Добрый день, высылаю счет. Оплата до пятницы."),
        ("cp1255", "שלום רב, האם אפשר לקבל את החשבונית?"),
        ("cp1253", "Καλημέρα σας, μπορείτε να στείλετε το τιμολόγιο;"),
        ("cp1256", "السلام عليكم، متى يصل الطلب؟ شكرا"),
        ("cp932", "請求書を再送してください。よろしくお願いします。"),
        ("euc_jp", "請求書を再送してください。よろしくお願いします。"),
        ("gb18030", "请查收发票。我们星期五付款。谢谢。"),
        ("big5", "請查收發票。我們星期五付款。謝謝。"),
        ("cp949", "안녕하세요, 청구서를 다시 보내 주세요."),
        ("cp949", "안녕하세요. 청구서를 보냅니다."),
        ("cp1250", "Dzień dobry, proszę o przesłanie faktury. Żółta łódź."),
        ("cp1252", "Bonjour, le délai a été prolongé jusqu'à l'été."),
        ("cp1252", "Tønsberg"),
    ],
)
@pytest.mark.parametrize("label", ["", "klingon", "unknown-8bit", "utf-8", "us-ascii"])
def test_letters_are_guessed_only_without_a_valid_label_and_marked_as_guessed(label, codec, text):
    lines = [f"Content-Type: text/plain; charset={label}"] if label else []
    mail = eml.read(email_of(*lines, body=text.encode(codec)))
    assert mail.text.endswith(text)
    assert mail.notes == (GUESSED,)


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "undefined", "unicode_escape", "rot13", "zlib", "mbcs", "x" * 1000]
)
def test_codecs_that_are_no_charsets_are_not_used(label):
    assert codec_of(label) == ""


def test_html_says_its_own_charset_if_the_part_does_not():
    html = '<html><head><meta charset="windows-1251"></head><body>Добрый день</body></html>'.encode("cp1251")
    assert eml.read(email_of("Content-Type: text/html", body=html)).text.endswith("Добрый день")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Добрый день", "Добрый день"),  # raw UTF-8
        ("=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=", "Grüße"),  # a letter in two words
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe aus K=C3=B6ln?=", "Grüße aus Köln"),  # spaces
        ("=?utf-8?Q?Grüße?=", "Grüße"),  # letters that are not encoded
        ("=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),  # a language
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),  # without padding
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=x", "Grüßex"),
        ("Re: =?utf-8?q?a=3F?= b", "Re: a? b"),
        ("=?klingon?q?Hello?=", "Hello"),
    ],
)
def test_subjects_as_programs_write_them_are_read(subject, text):
    assert f"Subject: {text}\n" in eml.read(email_of(subject=subject)).text


@pytest.mark.parametrize(
    ("codec", "label", "text"), [("cp1251", "windows-1251", RUSSIAN), ("iso2022_jp", "iso-2022-jp", JAPANESE)]
)
def test_raw_letters_in_a_subject_are_read_like_the_body(codec, label, text):
    raw = text.encode(codec).decode("ascii", "surrogateescape")
    mail = eml.read(email_of(f"Content-Type: text/plain; charset={label}", subject=raw))
    assert f"Subject: {text}\n" in mail.text
