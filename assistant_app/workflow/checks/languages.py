"""Tells the language of a text by its script and its function words.

A hint only. `READ` are the languages whose dates, times and numbers the checks read.
"""

from __future__ import annotations

import re
from collections import Counter

from assistant_app.phrases import gettext_noop

# Articles, pronouns, prepositions and usual words of mail. Languages that aren't read are here too, or
# Danish would pass for Swedish.
_WORDS = {
    "en": """
        know well said ask what when how there they he she his her works here the and of to is are we you
        your for with that this it at be will have has not please thank thanks from by can could would our
        us my me am on in if or as about do i'm dear best regards was were so let""",
    "de": """
        der die das und ist sind wir sie ich nicht mit für auf ein eine einen zu den dem von im am um ihr
        ihre ihnen bitte danke vielen dank es wird kann haben hat auch bei aus an noch wie uns mir dass oder
        guten tag hallo gruß grüße nach zum zur war wurde geht leider gern""",
    "fr": """
        le la les des et est sont nous vous je pas avec pour sur un une du de au aux ce cette que qui votre
        vos notre merci bonjour dans en il elle ne se par plus être avons avez peut cordialement à où bien
        mais ai suis très d'accord""",
    "es": """
        el la los las y es son nosotros usted ustedes no con para sobre un una del de al que su sus nuestro
        gracias hola en por se le lo me mi más pero como está puede podría señor señora saludos a muy
        estimado estimada hay fue será buenos días tardes cuándo""",
    "it": """
        il lo la gli le e è sono noi voi non con per su un una del della dei delle di al alla che suo vostro
        nostro grazie buongiorno ciao in da si mi ci più ma come può potrebbe cordiali saluti gentile anche
        ho abbiamo questo questa alle nel nella sarà""",
    "nl": """
        de het een en is zijn wij we u je ik niet met voor op van te dat die uw onze bedankt dank hallo
        beste in aan bij om maar ook er kan kunt wordt heeft hebben naar nog als groet groeten vriendelijke
        geachte graag goed wil mijn wat""",
    "pl": """
        i w na z do nie jest są się to że dla o od po proszę dziękuję dzień dobry pan pani państwo za ale
        jak czy będzie oraz ma być mam przez przy już tylko pozdrawiam szanowny szanowna szanowni poważaniem
        mnie moje nasz we ze ten ta cześć""",
    "pt": """
        o a os as e é são nós você não com para um uma do da dos das de em no na que seu sua nosso obrigado
        obrigada olá bom dia por se me mais mas como está pode poderia senhor senhora cumprimentos à às ao
        pelo pela foi eu meu minha também já muito prezado prezada""",
    "sv": """
        och är att det en ett som på för med till av den vi ni jag inte har hej tack från om kan ska skulle
        men också var så vänliga hälsningar mvh er vår min mig eller bra hälsning oss blir när går detta""",
    "cs": """
        a v na s z do je jsou se to že pro o od po prosím děkuji děkujeme dobrý den pan paní za ale jak bude
        nebo má být mám při už jen pozdravem vážený vážená vážení mi vám vás jsem jsme ve ke k si by tak
        které ahoj můžete""",
    "da": """
        og er at det en et som på for med til af den vi i jeg ikke har hej tak fra om kan skal men også var
        så venlig hilsen din mig eller hilsner blev være efter nogle dig os meget""",
    "no": """
        og er at det en et som på for med til av den vi jeg ikke har hei takk fra om kan skal men også var
        så vennlig hilsen din meg eller ble være etter noen deg oss mye dere""",
    "fi": """
        ja on ei se että hän me te minä kun mutta myös oli ovat kiitos hei ystävällisin terveisin voi olla
        tämä niin jos mitä kanssa sekä tai""",
    "hu": """
        a az és egy nem is hogy van meg kell köszönöm szia kedves üdvözlettel tisztelt el ki ez azt csak már
        lesz vagy mint ha""",
    "ro": """
        și este sunt nu cu pentru pe un o la de în din că mulțumesc bună ziua stimate să vă ne am a ați fost
        va mai dar sau""",
    "tr": """
        ve bir bu için ile de da ne var yok değil teşekkürler merhaba sayın saygılarımla çok daha ama gibi
        olarak mi mı lütfen""",
}
_LETTERS = {
    "ß": "de",
    "ñ": "es",
    "¿": "es",
    "¡": "es",
    "ã": "pt",
    "õ": "pt",
    "ł": "pl",
    "ś": "pl",
    "ż": "pl",
    "ę": "pl",
    "ą": "pl",
    "ř": "cs",
    "ě": "cs",
    "ů": "cs",
    "œ": "fr",
    "ø": "da",
    "ő": "hu",
    "ű": "hu",
    "ș": "ro",
    "ț": "ro",
    "ğ": "tr",
    "ı": "tr",
}
READ = frozenset({"en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "cs", "ja", "zh"})
NAMES = {
    "en": gettext_noop("English"),
    "de": gettext_noop("German"),
    "fr": gettext_noop("French"),
    "es": gettext_noop("Spanish"),
    "it": gettext_noop("Italian"),
    "nl": gettext_noop("Dutch"),
    "pl": gettext_noop("Polish"),
    "pt": gettext_noop("Portuguese"),
    "sv": gettext_noop("Swedish"),
    "cs": gettext_noop("Czech"),
    "ja": gettext_noop("Japanese"),
    "zh": gettext_noop("Chinese"),
    "da": gettext_noop("Danish"),
    "no": gettext_noop("Norwegian"),
    "fi": gettext_noop("Finnish"),
    "hu": gettext_noop("Hungarian"),
    "ro": gettext_noop("Romanian"),
    "tr": gettext_noop("Turkish"),
    "ar": gettext_noop("Arabic"),
    "he": gettext_noop("Hebrew"),
    "ru": gettext_noop("Russian"),
    "el": gettext_noop("Greek"),
    "ko": gettext_noop("Korean"),
    "th": gettext_noop("Thai"),
    "hi": gettext_noop("Hindi"),
}
MOST = 4_000  # characters that are looked at
_SHARED = Counter(word for words in _WORDS.values() for word in set(words.split()))
_WEIGHTS: dict[str, list[tuple[str, float]]] = {}
for _language, _text in _WORDS.items():
    for _word in set(_text.split()):
        _WEIGHTS.setdefault(_word, []).append((_language, 1 / _SHARED[_word]))
_SCRIPTS = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "zh": re.compile(r"[\u3400-\u9fff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
_OTHER_LETTER = re.compile("|".join(script.pattern for script in _SCRIPTS.values()))
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u024f]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def is_function_word(word: str) -> bool:
    """Return whether it is an article, a pronoun or the like in one of the languages."""
    return word.lower() in _WEIGHTS


def language_of(text: str) -> str | None:
    """Return the code of the language, of `NAMES`; None where nothing speaks for one."""
    text = text[:MOST]
    is_latin = not _OTHER_LETTER.search(text)
    latin = 0 if is_latin else len(_LATIN.findall(text))
    for language, script in () if is_latin else _SCRIPTS.items():
        letters = len(script.findall(text))
        # A Japanese or Chinese sentence is far shorter than the addresses in it.
        if letters > latin or (language in ("ja", "zh", "ko") and letters * 3 > latin and letters > 5):
            if language == "zh" and _SCRIPTS["ja"].search(text):
                return "ja"
            return language
    scores: Counter[str] = Counter()
    for word, times in Counter(_WORD.findall(text.lower().replace("’", "'"))).items():
        for language, weight in _WEIGHTS.get(word, ()):
            scores[language] += weight * times  # type: ignore[assignment]
    for letter, language in _LETTERS.items():
        if letter in text:
            scores[language] += min(3, text.count(letter)) / 2  # type: ignore[assignment]
    if not scores:
        return None
    return scores.most_common(1)[0][0]
