"""Tells a letter's lines from a model's talk about the draft. Pure functions of one line.

Word lists alone delete real sentences, so a line counts as talk only if it speaks about drafting ("here is
the revised version", "I kept the tone formal") and stands where talk stands, which
`letter` looks at.

The languages are those of the checks: English, German, French, Spanish, Italian, Dutch, Polish, Portuguese,
Swedish, Czech, Japanese, Chinese.
"""

from __future__ import annotations

import re

LONGEST = 1_000  # characters of a line; a longer one is a paragraph of a letter
_MARKUP = " \t\r\n#*_>`~"
_I = re.IGNORECASE


def _any(*alternatives: str) -> str:
    return "(?:" + "|".join(alternatives) + ")"


def bare(line: str) -> str:
    """Return the line without Markdown around it, with plain apostrophes and spaces."""
    text = line.strip(_MARKUP).replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    return text.strip(_MARKUP).lstrip("¡¿")


# --- Lines without words -------------------------------------------------------------------------

_MARKUP_LINE = re.compile(
    r"(?:`{3,}|~{3,})\w*|-{3,}|\*{3,}|_{3,}|={3,}|</?(?:email|reply|answer|response|draft|letter|message|output|mail)>",
    re.I,
)
_MARKERS = re.compile("</?reply>", re.I)
_ECHOED_FENCE = re.compile(r"=== ?[\w-]{2,20} [0-9a-f]{8,64} ?===")


def is_echoed_fence(line: str) -> bool:
    """Return whether the line is one of the fences of a prompt."""
    return bool(_ECHOED_FENCE.fullmatch(line.strip()))


def is_markup(line: str) -> bool:
    """Return whether the line only frames a letter: a code fence, a rule, a tag."""
    return bool(_MARKUP_LINE.fullmatch(line.strip())) or is_echoed_fence(line)


def without_markers(text: str) -> str:
    return _MARKERS.sub("", text)


# --- Greetings and closings ----------------------------------------------------------------------

_GREETING_WORDS = _any(
    r"dear|hi|hello|hey|greetings|good (?:morning|afternoon|evening|day)|to whom it may concern",
    r"hallo|liebe[rs]?|sehr geehrte[rs]?|guten (?:tag|morgen|abend)|moin|werte[rs]?|grüß gott|servus",
    r"bonjour|bonsoir|ch[eè]re?s?|madame|monsieur|mesdames|salut",
    r"hola|estimad[oa]s?|querid[oa]s?|apreciad[oa]s?|buen[oa]s (?:d[ií]as|tardes|noches)",
    r"ciao|buongiorno|buonasera|gentil(?:e|i|issim[oaie])|car[oaie]s?|egregi[oa]|salve|spett(?:abile|\.le)?",
    r"beste|geachte|hoi|dag|goede(?:morgen|middag|navond|ndag)|lieve",
    r"dzień dobry|szanown[aiey](?: pani[e]?| panie| państwo)?|cześć|drog[ai][eo]?|witam|witaj|hej",
    r"olá|oi|prezad[oa]s?|bom dia|boa (?:tarde|noite)",
    r"hejsan|bästa?|kära?|god (?:morgon|dag)|hallå|kjære|kære|hei",
    r"dobrý (?:den|večer)|vážen[áýíé](?: pan[ei]| paní)?|ahoj|mil[áýíé]|drah[áýíé]|zdravím",
)
_GREETING = re.compile(rf"{_GREETING_WORDS}(?![\w'-])", _I)
_SHORT_GREETING = re.compile(r"[^.!?:;\n]{0,60}[,!:，：！、]\s*|(?: [^\s.!?:;,]{1,30}){0,3}\.?\s*")
_ASIAN_GREETING = re.compile(
    r"(?:尊敬的|亲爱的|敬爱的|您好|你好|各位|嗨|拝啓|お世話になって|いつもお世話に|こんにちは|はじめまして)"
    r"|[^\s、，。：:]{1,10}(?:您好|你好)\s*[、，,：:！!]?\s*$"
    r"|[^\s、，。：:]{1,20}\s?(?:様|さま|さん|殿|御中|先生|女士|经理|老师|小姐)\s*[、，,：:！!]?\s*$"
)
_BARE_NAME = re.compile(r"[^\W\d_a-z][\w.'’-]*(?: [^\W\d_a-z][\w.'’-]*){0,2},\s*")
_CLOSING = re.compile(
    _any(
        r"(?:(?:with )?(?:best|kind|warm|many|my|all)[\w ]*)?(?:regards|wishes|thanks)|"
        r"all the best|best|cheers|(?:(?:with|all|lots of|much) )*(?:my |our )?love",
        r"alles liebe|liefs|bisous|un (?:beso|bacio)|buziaki|beijos|kram(?:ar)?",
        r"(?:yours|sincerely|respectfully|faithfully)\b[\w ]*|thanks?\b[\w ]*|take care|talk soon|see you",
        r"(?:mit |viele |liebe |beste |herzliche |schöne |freundliche )[\w ]*grü(?:ß|ss)e[n]?|"
        r"gru(?:ß|ss)|grü(?:ß|ss)e",
        r"vg|lg|mfg|bis (?:dann|bald|morgen)|danke|vielen dank|herzlichst",
        r"(?:bien )?cordialement|bien à (?:vous|toi)|"
        r"(?:meilleures|sincères|cordiales) salutations|amicalement",
        r"à (?:bientôt|très vite)|merci|respectueusement|"
        r"(?:un (?:cordial )?)?saludos?\b[\w ]*|atentamente|cordialmente",
        r"un abrazo|gracias|(?:cordiali|distinti|cari|un caro|un)? ?salut[oi]|grazie|a presto",
        r"(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg|bedankt|alvast bedankt",
        r"(?:serdecznie )?pozdrawiam\b[\w ]*|z (?:poważaniem|wyrazami)\b[\w ]*|dziękuję|pozdrowienia",
        r"atenciosamente|(?:com os )?(?:melhores )?cumprimentos|"
        r"(?:um )?abraços?|obrigad[oa]|até (?:breve|logo)",
        r"(?:(?:vänliga|bästa|varma) )?hälsningar|med vänlig(?:a)? hälsning(?:ar)?|mvh|tack",
        r"(?:s |se )?(?:srdečným |přátelským )?pozdrav(?:em|y)?|děkuji",
        r"(?:何卒)?(?:よろしく|宜しく)お願い[^。]*。?|敬具|以上|此致|敬礼|(?:顺|敬)?祝(?:好|商祺)?|谢谢|谨上",
    )
    + r"\s*[,.!，。！]*",
    _I,
)
_NAME_LINE = re.compile(r"[^\W\d_a-z][\w.'’&-]*(?: (?:[^\W\d_a-z][\w.'’&-]*|von|van|de|der|da|di|of|&)){0,4}")


def opens_letter(line: str) -> bool:
    """Return whether the line is a greeting, or begins with one."""
    text = bare(line)
    if _ASIAN_GREETING.match(text):
        return True
    found = _GREETING.match(text)
    if not found:
        return False
    rest = text[found.end() :]
    return is_greeting_so_far(text) or bool(_SHORT_GREETING.fullmatch(rest))


def is_greeting_so_far(text: str) -> bool:
    """Return whether the start of a line is a greeting already, whatever follows: "Dear M"."""
    found = _GREETING.match(text)
    rest = text[found.end() :] if found else ""
    if len(rest) < 2 or rest[0] not in " \u3000":
        return False
    return rest[1] in "[{<" or (rest[1].isalpha() and not rest[1].islower())


def is_bare_name(line: str) -> bool:
    """Return whether the line is a name with a comma: the shortest greeting."""
    return bool(_BARE_NAME.fullmatch(bare(line))) and not is_closing(line)


def is_closing(line: str) -> bool:
    """Return whether the line is a formula that ends a letter: "Best regards,"."""
    text = bare(line)
    found = _CLOSING.match(text) if len(text) <= 60 else None
    rest = text[found.end() :].strip(" ,") if found else "x"
    return not rest or is_name(rest)


def is_name(line: str) -> bool:
    """Return whether the line may be a name, as under a letter."""
    return len(line.strip()) <= 40 and bool(_NAME_LINE.fullmatch(line.strip()))


# --- Talk before a letter ------------------------------------------------------------------------

# What a model calls its text. `_DRAFT` words are about drafting, `_MAIL` words are in letters, too.
_DRAFT = _any(
    r"drafts?\b|(?:re)?writes?\b|versions?\b|rewrite|wording|phrasing|tone\b",
    r"entw[uü]rf\w*|fassung\w*|formulierung\w*|\bton(?:fall)?\b|\w*version\w*",
    r"brouillon|ébauche|\bton\b|formulation|proposition",
    r"borrador|versión|redacción|\btono\b|propuesta",
    r"bozza|versione|proposta|\btono\b",
    r"concept\w*|versie|\btoon\b|voorstel",
    r"wersj\w+|szkic\w*|propozycj\w+|\bton(?:u|em)?\b",
    r"rascunho|versão|proposta|\btom\b",
    r"utkast\w*|förslag\w*|\bton(?:en)?\b",
    r"návrh\w*|verz\w+|koncept\w*|\btón\w*",
    r"下書き|文案|文面|ドラフト|トーン|案(?=です|を|[:：。]|$)|草稿|草拟|版本|语气|初稿",
)
_MAIL = _any(
    r"\b(?:reply|response|e-?mail|message|answer|letter)\b",
    r"\b\w*(?:antwort|e-?mail|nachricht|mail|schreiben)\b",
    r"\b(?:réponse|e-?mail|courriel|message|mail)\b",
    r"\b(?:respuesta|correo|mensaje)\b",
    r"\b(?:risposta|e-?mail|messaggio)\b",
    r"\b(?:antwoord|bericht|e-?mail)\b",
    r"\b(?:odpowiedź|odpowiedzi|wiadomość|wiadomości|mail)\b",
    r"\b(?:resposta|mensagem)\b",
    r"\b(?:svar|svaret|mejl|mejlet|meddelande\w*)\b",
    r"\b(?:odpověď|odpovědi|zpráv[auy]|e-?mail)\b",
    r"返信|返事|メール|回答|回复|答复|邮件|回信",
)
_PRESENTS = _any(
    r"\bhere(?:'s| is| are| you go| it is)\b|\bbelow (?:is|are|you)\b|"
    r"\bthis is\b|\bfollowing is\b|\bthe following\b",
    r"\bhier (?:ist|sind|kommt|mein|der|die|das|ein)\b|\banbei\b|\bnachfolgend\b|\bim folgenden\b|\bunten\b",
    r"\bvoici\b|\bvoilà\b|\bci-dessous\b",
    r"\b(?:aquí|aqui|acá) (?:está|estan|están|tiene|tienes|va|le|te|tem|vai)\b|\ba continuación\b",
    r"\becco(?:ti|le|vi)?\b|\bdi seguito\b|\bqui sotto\b",
    r"\bhier (?:is|volgt|vind|heb)\b|\bhierbij\b|\bhieronder\b",
    r"\boto\b|\bponiżej\b|\b(?:é|eis) (?:a|o|uma?)\b|\bsegue\b|\babaixo\b",
    r"\bhär (?:är|kommer|har|följer)\b|\bnedan\b|"
    r"\bzde (?:je|máte|posílám)\b|\btady (?:je|máte)\b|\bníže\b|\btoto je\b",
    r"以下|こちら|下記|如下|这是|下面|给您|为您|为你",
)
_I_WROTE = _any(
    r"\bI(?:'ve| have|'ll| will)? (?:just )?(?:draft|writ|wrote|prepar|"
    r"revis|rewr|updat|shorten|adjust|ke(?:pt|ep)|mad|chang|put)\w*",
    r"\bich habe\b|\bj'ai\b|\bhe (?:redactado|escrito|preparado|revisado|acortado|ajustado)\b",
    r"\bho (?:scritto|preparato|rivisto|redatto|accorciato)\b|\bik heb\b",
    r"\b(?:przygotował[ae]m|napisał[ae]m|poprawił[ae]m|skrócił[ae]m)\b",
    r"\b(?:preparei|escrevi|redigi|revisei|ajustei|encurtei)\b|\bjag har\b",
    r"\b(?:připravil|napsal|upravil|zkrátil)a? jsem\b|"
    r"作成しました|書きました|修正しました|我(?:写|已|起草|拟)",
)
_ASKED = _any(
    r"\bas (?:you )?(?:requested|asked|instructed|discussed)\b|"
    r"\b(?:based on|per|according to|following|using) your\b",
    r"\brequested changes\b|\boversight\b|\bconfusion\b|\bhelp (?:you )?(?:with|draft|writ|answer|repl)\w*",
    r"\bwie (?:gewünscht|besprochen|verlangt)\b|\bnach (?:ihren|deinen) (?:vorgaben|angaben|anweisungen)\b",
    r"\bcomme (?:demandé|souhaité)\b|\bselon vos\b|"
    r"\bcomo (?:pediste|pidió|solicitó|solicitado|pedido)\b|\bsegún (?:tus|sus)\b",
    r"\bcome (?:richiesto|chiesto)\b|\bsecondo le (?:tue|sue)\b|"
    r"\bzoals (?:gevraagd|gewenst)\b|\bop basis van (?:je|uw)\b",
    r"\bzgodnie z\b|\bconforme (?:pedido|solicitado)\b|"
    r"\bcom base n(?:as|os)\b|\benligt (?:dina|era|önskemål)\b|\bsom du bad\b",
    r"\bpodle (?:vašich|tvých|pokynů)\b|\bjak jste (?:chtěl|žádal)\w*|"
    r"ご指示|ご要望|ご依頼|根据您|根据你|按照您|按照你|按您|按你",
)
_YES = _any(
    r"sure|certainly|of course|absolutely|definitely|ok|"
    r"okay|great|understood|got it|no problem|happy to help",
    r"gladly|with pleasure|alright|all right|noted|my apologies|"
    r"apologies|sorry|i apologi[sz]e|you're right|you are right",
    r"gerne?|natürlich|klar|selbstverständlich|verstanden|alles klar|"
    r"sicher|kein problem|in ordnung|entschuldigung|sehr gern(?:e)?",
    r"bien sûr|avec plaisir|d'accord|entendu|certainement|compris|"
    r"parfait|très bien|pas de problème|bien entendu|désolée?",
    r"claro(?: que sí)?|por supuesto|con gusto|entendido|"
    r"desde luego|vale|de acuerdo|perfecto|sin problema|disculp[ae]",
    r"certo|certamente|volentieri|va bene|capito|d'accordo|perfetto|naturalmente|ovviamente|mi scuso",
    r"natuurlijk|zeker|graag|prima|begrepen|geen probleem|uiteraard|excuses",
    r"oczywiście|jasne|pewnie|chętnie|rozumiem|dobrze|przepraszam|"
    r"com certeza|certamente|sem problema|perfeito|desculpe",
    r"självklart|absolut|visst|javisst|gärna|förstått|naturligtvis|inga problem|okej",
    r"jistě|samozřejmě|rozumím|dobře|rád[ai]?|není problém|omlouvám se",
    r"承知(?:いた)?しました|かしこまりました|もちろん(?:です)?|わかりました|"
    r"はい|了解(?:です|しました)?|好的?|当然(?:可以)?|没问题|明白了?|可以",
)
_BEGINS_YES = re.compile(rf"{_YES}(?![\w'])\s*[!.,，。！:;—–-]*", _I)
_ONLY_YES = re.compile(rf"{_YES}(?: {_YES})?\s*[!.，。！:…]*", _I)
_SPEAKS = re.compile(rf"{_DRAFT}|{_MAIL}", _I)
_PRESENTING = re.compile(f"{_PRESENTS}|{_I_WROTE}|{_ASKED}", _I)
_REQUEST = re.compile(f"{_ASKED}", _I)

# A whole line that presents the letter and nothing else: "Sure! Here's a revised draft reply for you:".
_ADJECTIVE = (
    r"(?:revised|updated|shorter|longer|final|new|improved|"
    r"suggested|possible|polite|friendly|friendlier|formal|"
    r"professional|short|brief|concise|corrected|edited|warmer|simple|simplified|draft|sample|ready-to-send)"
)
_OBJECT = r"(?:reply|response|e-?mail|message|version|draft|rewrite|answer)"
_PLAIN_PRESENTATION = re.compile(
    rf"(?:(?P<yes>{_YES})[^\n:]{{0,40}}?[!.,]?\s*)?(?:here(?:'s| is)|below is|this is)\s+"
    rf"(?P<which>an?|the|your) (?P<adjectives>(?:{_ADJECTIVE},? (?:and )?){{0,3}})(?P<object>{_OBJECT})"
    rf"(?: (?:{_OBJECT}|for you|to (?:the|this|your|his|her|their) (?:e-?mail|message)|"
    rf"as requested)){{0,2}}\s*[:.!]?",
    _I,
)

_PLURAL = re.compile(r"\b(?:are|sind|sont|están|estan|son|sono|zijn|są|são|jsou)\b", _I)
_IS_ENGLISH = re.compile(r"\b(?:here(?:'s| is)|this is|below is)\b", _I)
_IN_PRESENTATION = re.compile(
    rf"(?:\w*(?:{_DRAFT})\w*|(?:{_MAIL})|der|die|das|ein|eine|einen|dein|deine|ihre?|für|sie|dich|auf|"
    rf"une?|la|le|l|les|de|des|"
    r"votre|ta|pour|vous|toi|à|su|tu|para|usted|ti|una?|el|al|per|te|lei|il|di|een|de|het|je|jouw|uw|"
    r"voor|op|twoj\w*|na|dla|"
    r"um|uma|o|a|sua|seu|você|ett?|en|till|dig|er|din|vaš\w*|tvoje|pro|vás|tebe)",
    _I,
)

_OPTION = (
    r"(?:option|version|variante?|alternative?|opción|opzione|"
    r"optie|wersja|opcja|opção|versão|alternativ|varianta|"
    r"možnost|案|方案|选项|版本)"
)
_LABEL = re.compile(
    rf"(?:(?:{_ADJECTIVE}|neue?r?|überarbeitete?r?|nouvelle|révisée?|nueva|revisad[oa]|nuova) ){{0,2}}"
    rf"(?:{_DRAFT}|{_MAIL}|body|text|assistant|ai|model|"
    rf"{_OPTION} ?[#\d]?[a-c]?)(?: {_DRAFT}| {_MAIL}| body| text)?"
    rf"(?: ?\([^)\n]{{1,40}}\)| ?\d+)?\s*[:：]?",
    _I,
)
_DECORATED = re.compile(r"\s*(?:#{1,6}\s+\S|\*\*[^*\n]+\*\*[:：]?\s*$|__[^_\n]+__[:：]?\s*$)")
_OPTION_LABEL = re.compile(
    rf"{_OPTION} ?(?:[#\d]|[a-c]\b|\()[^\n]{{0,60}}|(?:or|oder|ou|o|of|lub|eller|nebo),? [^\n.]{{1,40}}:", _I
)
_HEADER = re.compile(
    r"(?:subject(?: line)?|betreff|objet|asunto|oggetto|onderwerp|temat|assunto|ämne|předmět|件名|主题|"
    r"to|an|à|para|a|aan|do|till|komu|宛先|收件人|from|von|de|da|"
    r"van|od|från|cc|kopie|date|datum)\s?[:：]\s*(?P<value>[^\n]*)"
    r"|(?:re|aw|fwd?|wg|sv|vs|odp|rv|res|tr|ref|antw|回复|返信)\s?[:：]\s*(?P<title>[^\n]*)",
    _I,
)
_INLINE_LABEL = re.compile(
    r"(?:assistant|ai|reply|draft|response|antwort|entwurf|"
    r"réponse|respuesta|risposta|antwoord|odpowiedź|resposta|svar|"
    r"odpověď|返信|回复)\s*[:：]\s*",
    _I,
)


def is_talk_before(line: str) -> bool:
    """Return whether a line above a greeting speaks about the draft, labels it, or is its subject."""
    text = bare(line)
    if not text or len(text) > LONGEST:
        return False
    if _ONLY_YES.fullmatch(text) or is_label(line) or is_header(line):
        return True
    speaks = bool(_SPEAKS.search(text))
    if (speaks or text.endswith((":", "："))) and _PRESENTING.search(text):
        return True
    return (speaks and bool(_BEGINS_YES.match(text))) or bool(_REQUEST.search(text))


def presents_plainly(line: str) -> bool:
    """Return whether the line only presents the letter, so that no greeting is needed to tell.

    "Here's the draft:" alone does not count: people send drafts, too.
    """
    text = bare(line)
    found = _PLAIN_PRESENTATION.fullmatch(text) if len(text) < 200 else None
    if found:
        of_reply = re.search(r"reply|response|answer", found[0][found.start("adjectives") :], _I)
        return bool(
            found["yes"] or of_reply or (found["object"].lower() == "draft" and found["which"] != "the")
        )
    begins = _BEGINS_YES.match(text)
    presents = re.compile(_PRESENTS, _I).search(text, begins.end()) if begins else None
    if presents is None or not text.endswith((":", "：")) or _PLURAL.search(text) or _IS_ENGLISH.search(text):
        return False
    # Words for the draft and at most one other, an adjective. Not "Natürlich, hier ist die Antwort von Ida:".
    words = re.findall(r"\w+", text[presents.end() :])
    others = [word for word in words if not _IN_PRESENTATION.fullmatch(word)]
    is_about_draft = bool(_SPEAKS.search(text, presents.end()))
    return is_about_draft and len(others) <= 1 and not any(word[:1].isupper() for word in others)


def is_nothing_but_talk(line: str) -> bool:
    """Return whether the line is talk even if no letter follows it."""
    return bool(_PLAIN_PRESENTATION.fullmatch(bare(line)[:200])) or presents_plainly(line)


def is_label(line: str) -> bool:
    """Return whether the line is a heading of the draft: "## Reply", "**Option 1 (formal):**", "Entwurf:"."""
    text = bare(line)
    if len(text) > 80 or not (text.endswith((":", "：")) or _DECORATED.match(line)):
        return False
    return bool(_LABEL.fullmatch(text) or _OPTION_LABEL.fullmatch(text))


def is_decorated_label(line: str) -> bool:
    return bool(_DECORATED.match(line)) and is_label(line)


def is_option_label(line: str) -> bool:
    """Return whether the line is a heading of another version of the letter."""
    text = bare(line)
    is_label_of_one = bool(_OPTION_LABEL.fullmatch(text)) or is_label(line) or is_nothing_but_talk(line)
    return len(text) <= 80 and is_label_of_one


def is_header(line: str) -> bool:
    """Return whether the line looks like a header line of an email."""
    return bool(_HEADER.fullmatch(bare(line)))


def is_certain_header(line: str) -> bool:
    """Return whether it is a header line even if no greeting follows, not a sentence that begins like one."""
    found = _HEADER.fullmatch(bare(line))
    value = (found["value"] or found["title"] or "").strip() if found else ""
    return bool(value) and not value.endswith((".", "!", "。")) and len(value) <= 120


def without_inline_label(line: str) -> str:
    """Return a line without what a model puts before a greeting on it: "Assistant: ", "Here's a draft: "."""
    found = re.match(r"[ \t#*_>`]*(?:[^\n:：]{1,120}[:：])[ \t*_`]*(?=\S)", line)
    if not found or is_header(line) or not opens_letter(line[found.end() :]):
        return line
    before = found[0]
    is_talk = bool(_INLINE_LABEL.fullmatch(bare(before) + " ")) or is_talk_before(before)
    return line[found.end() :] if is_talk or is_label(before) else line


# --- Assumptions ---------------------------------------------------------------------------------

_ASSUME = _any(
    r"(?:my |key |main )?assum(?:ption|ed)s?(?: (?:i )?made)?|"
    r"what i (?:have )?assumed|taken for granted|i (?:have )?assumed(?: that)?",
    r"(?:meine |getroffene )?annahmen?|voraussetzungen?|angenommen(?: habe ich)?",
    r"hypothèses?(?: retenues)?|suppositions?|présupposés?",
    r"suposici(?:ón|ones)|supuestos?|asunci(?:ón|ones)",
    r"ipotesi|presuppost[oi]|assunzion[ei]|supposizion[ei]",
    r"aannames?|veronderstelling(?:en)?|założeni[ea]|przypuszczeni[ea]",
    r"suposiç(?:ão|ões)|pressupost[oa]s?|premissas?",
    r"antagande[nt]?a?|předpoklad[y]?|前提(?:条件)?|仮定|想定(?:事項)?|假设|前提假设",
)
_ASSUMPTIONS = re.compile(
    rf"[ \t#*_>(\[\[–-]*(?P<label>{_ASSUME})(?P<end>[*_ \t]*(?:\([^)\n]{{0,40}}\))?[*_ \t]*[:：][*_ \t]*|"
    rf"[*_ \t)\]]*$)"
    r"(?P<text>[^\n]*)",
    _I,
)
_ITEM = re.compile(r"[ \t]*(?:[-*•–·]|\(?\d{1,2}[.)、])[ \t]+")
# Possessive quantifiers, or a rule of a thousand dashes would cause quadratic backtracking.
_NO_ASSUMPTION = re.compile(
    r"\W*+(?:none|nothing|n/a|no assumptions?(?: made)?|keine|aucune|"
    r"ninguna|nessuna|geen|brak|nenhuma|inga|žádné|なし|无)?+\W*+",
    _I,
)


def assumption_label(line: str) -> str | None:
    """Return the text behind the heading of the assumptions; None if the line is no such heading.

    A heading without a colon stands alone and in capitals, or is decorated.
    """
    text = line.rstrip()
    found = _ASSUMPTIONS.fullmatch(text) if len(text) <= LONGEST else None
    if not found:
        return None
    has_colon = ":" in found["end"] or "：" in found["end"]
    if not has_colon and (found["text"].strip() or not (found["label"].isupper() or _DECORATED.match(line))):
        return None
    rest = found["text"].strip(" \t*_")
    return rest.rstrip(")]").rstrip() if text.lstrip(" *_").startswith(("(", "[")) else rest


def is_item(line: str) -> bool:
    return bool(_ITEM.match(line))


def as_assumption(line: str) -> str:
    """Return the assumption without its bullet; empty if it says that there is none."""
    text = _ITEM.sub("", line.strip() + " ", count=1).strip().strip("*_").strip()
    return "" if _NO_ASSUMPTION.fullmatch(text) else text


# --- Talk after a letter -------------------------------------------------------------------------

# The beginnings of talk, in small letters. A line that begins with none of them is let out at once.
_OPENERS = tuple(
    re.split(
        r"\s*[|\n]\s*",
        """\
let me know | please let me know | just let me know | feel free | please feel free | would you like
do you want | want me to | should i | shall i | if you'd like | if you would like | if you want
if you need | if anything | i can also | i can adjust | i can make | i'm happy to | i am happy to
i'd be happy | happy to | i hope this | i hope that | i hope it | hope this | hope that | does this
is there anything | you can | you may | you might | remember to | please review | please replace
please adjust | please check | be sure to | make sure | tell me if | adjust | simply replace | sag mir
sagen sie mir | sag bescheid | sagen sie bescheid | lass mich wissen | lassen sie mich wissen
gib mir bescheid | geben sie mir bescheid | soll ich | möchten sie | möchtest du | wenn sie möchten
wenn du möchtest | falls sie | falls du | gerne passe ich | gern passe ich | ich hoffe | bei bedarf
passen sie | passe den | melde dich | ich kann | n'hésitez pas | n'hésite pas | dites-moi | dis-moi
faites-moi savoir | fais-moi savoir | souhaitez-vous | souhaites-tu | voulez-vous | veux-tu
si vous souhaitez | si vous voulez | si tu veux | j'espère | je peux | dois-je | avísame | avíseme
dime si | dígame si | hazme saber | hágame saber | no dudes | no dude | quieres que | quiere que
te gustaría | le gustaría | si quieres | si quiere | si lo deseas | si necesitas | espero que | puedo
¿quieres | ¿quiere | ¿te gustaría | ¿le gustaría | fammi sapere | mi faccia sapere | dimmi se
mi dica se | non esitare | non esiti | vuoi che | vuole che | desideri | desidera | se vuoi
se desidera | se preferisci | spero | posso | laat me weten | laat het me weten | laat me maar weten
wil je dat | wilt u dat | zal ik | als je wilt | als u wilt | ik hoop | ik kan | pas gerust
daj mi znać | daj znać | proszę dać znać | proszę o informację | czy chcesz | czy mam | czy chciał
jeśli chcesz | jeśli potrzebujesz | mam nadzieję | mogę | chętnie | me avise | avise-me | diga-me
me diga | me fale | fique à vontade | sinta-se à vontade | gostaria que | quer que | deseja que
se quiser | se desejar | se precisar | hoppas | säg till | hör av dig | låt mig veta | vill du att | ska jag
om du vill | jag hoppas | jag kan | dejte mi vědět | dej mi vědět | dejte vědět | dej vědět | chcete
chceš | mám něco | mám to | pokud chcete | pokud chceš | pokud budete
doufám | mohu | rád to | ráda to | ご希望 | 修正 | 変更
調整 | 必要 | 他に | さらに | もし | いかがでしょうか | 何か | お気軽に | 如果 | 如需 | 需要我
请告诉我 | 请随时 | 希望这 | 您可以 | 你可以 | 是否需要 | 要不要 | note | i kept | i've | i have
i used | i made | i added | i left | i also | i removed | i shortened | i tried | i aimed | i avoided
i didn't | i did not | i changed | i adjusted | i wrote | i ensured | this version | this draft
this reply | this response | this email | this e-mail | this message | this keeps | this should
this is | the draft | the reply | the tone | the email | the response | as requested | as instructed
as you | per your | here's what | here is what | here are the | what i | what changed | summary of
key changes | changes | main changes | explanation | rationale | why this | key points
highlights | placeholder | word count
the above | above is | kept | tone: | edits | modifications | revisions | hinweis | anmerkung
anmerkungen | ich habe | diese version | dieser entwurf | diese antwort | der ton | änderungen
vorgenommene | was ich | wie gewünscht | die antwort | der entwurf | die mail | remarque | note : | j'ai
cette version | cette réponse | ce brouillon | le ton | changements | comme demandé | nota
he mantenido | he usado | he añadido | he hecho
esta versión | esta respuesta | este borrador | el tono | cambios | modificaciones | como pediste
como solicitó | ho mantenuto | ho usato | ho aggiunto | ho fatto | questa versione
questa risposta | questa bozza | il tono | modifiche
cambiamenti | come richiesto | opmerking | let op | ik heb | deze versie | dit antwoord | dit concept
de toon | wijzigingen | aanpassingen | zoals gevraagd | uwaga | ta wersja | ta odpowiedź | zachował
dodał | skrócił | zmiany | zgodnie z | observação | obs | esta versão | esta resposta | este rascunho
o tom | mantive | alterações | mudanças | conforme | obs.: | anm | notera | jag har | den här versionen
detta svar | det här svaret | tonen | ändringar | som du bad | poznámka | tato verze | tato odpověď
tento návrh | tón | změny | provedené | zachoval | přidal | 注 | 備考 | 補足 | この返信 | この文面
トーン | 変更点 | ご指示 | 备注 | 说明 | 我 | 这封 | 这个版本 | 此回复 | 语气 | 修改
avise | もっと | 丁寧な | 簡潔な | 字数 | 文字数""",
    )
)
_OPENERS_BY_LETTER = {
    letter: [opener for opener in _OPENERS if opener[0] == letter]
    for letter in {text[0] for text in _OPENERS}
}
_CHANGE = _any(
    r"\bchang\w*|\badjust\w*|\btweak\w*|\brevis\w*|\bedit\w*|"
    r"\bmodif\w*|\bcustomi[sz]\w*|\bshort\w*|\blong\w*|\brephras\w*",
    r"\bpersonali[sz]\w*|\bfurther\b|\banything else\b|\bme to\b|\bhelps?\b|"
    r"\binclude or\b|\bplaceholders?\b|\bbrackets?\b|\bformal\b|\btailor\w*",
    r"\bänder\w*|\banpass\w*|\bkürz\w*|\blänger\w*|\büberarbeit\w*|"
    r"\bumformulier\w*|\bweiter(?:e|hin|helfen)\w*|\bförmlich\w*|\bformell\w*",
    r"\bmodifi\w*|\bajust\w*|\braccourc\w*|\bplus (?:court|long|formel)\w*|"
    r"\bchangements?\b|\badapt\w*|\breformul\w*",
    r"\bcambi\w*|\bmás (?:corto|largo|breve|formal)\w*|\bacort\w*|\bayud\w*|\breform\w*",
    r"\baccorci\w*|\bpiù (?:breve|corto|lungo|formale)\w*|\badatt\w*|\bapport\w*|\baggiust\w*",
    r"\bpass(?:en sie|e|t) [^.\n]{0,40}\ban\b|\bformeler\b|\bzakelijker\b|\bvriendelijker\b|"
    r"\baanpas\w*|\bwijzig\w*|\bkorter\w*|\blanger\w*|\bveranderen?\b|\bbijstel\w*",
    r"\bzmian\w*|\bzmieni\w*|\bpopraw\w*|\bskróc\w*|\bkrótsz\w*|\bdostosow\w*|\bpomog\w*",
    r"\balter\w*|\bmud(?:e|ar|anç)\w*|\bencurt\w*|\bmais (?:curt|formal|long)\w*|\badapt\w*",
    r"\bändr\w*|\bjuster\w*|\bkort(?:are|a)\b|\blängre\b|\banpass\w*",
    r"\bzměn\w*|\buprav\w*|\bzkrá[tc]\w*|\bkratší\w*|\bpomoh\w*|\bpřizpůsob\w*",
    r"\bhilft\b|\bconvien\w*|\baide\w*|\bsirva\w*|\butile\b|\baiut\w*|\bhelpt\b|\bpomoż\w*|\bajud\w*|"
    r"\bhjälp\w*|\bpomůž\w*",
    r"\bwhat you think\b|\bhow (?:this|it) (?:looks|sounds|reads)\b|\bif (?:this|that|it) works\b|"
    r"\breplace\b|\bfill in\b",
    r"\bthis should (?:address|cover|work|convey|do|help|answer)\w*",
    r"修正|変更|調整|短く|長く|お手伝い|修改|调整|更改|缩短|更短|更长|更正式|帮助|帮您|帮到",
)
_ABOUT = re.compile(
    rf"{_DRAFT}|{_ASKED}|{_CHANGE}|"
    rf"\byour (?:instructions|request|feedback|notes|input)\b|\bapologetic\b|\bpolite\b|"
    r"\bprofessional\b|\bconcise\b|\bfriendly\b|\bwords\b|"
    r"\bhöflich\w*|\bsachlich\w*|\bfreundlich\w*|\bknapp\w*|"
    r"\bcourtois\w*|\bamable\w*|\bcortes\w*|\bbeleefd\w*|"
    r"\buprzejm\w*|\bzdvořil\w*|\bartig\w*|丁寧|簡潔|礼貌|简洁|专业",
    _I,
)
_ABOUT_REPLY = re.compile(
    rf"(?:{_MAIL})[^\n]*(?:short|brief|polite|professional|kurz|court|breve|corto|kort|krótk|curt|krátk)|"
    rf""
    rf"(?:{_any(_I_WROTE)})[^\n]*(?:{_MAIL})",
    _I,
)
# Never in a letter: about the text as a draft, so no sign-off above is needed to tell.
_CERTAIN = re.compile(
    r"\bthis (?:draft|reply|response|version) (?:as|to|keeps|"
    r"aims|is (?:short|polite|professional|concise|written))|"
    r"\blike me to (?:adjust|make|change|revise|shorten|rewrite|modify|tweak)\b|"
    r"\b(?:adjust|change|keep|kept) the tone\b|"
    r"\bmake it (?:shorter|longer|warmer|more formal|more casual|friendlier)\b",
    _I,
)
_CHANGES_LABEL = re.compile(
    _any(
        r"(?:key |main |notable )?(?:changes|edits|revisions|modifications)(?: (?:i )?(?:made|include))?",
        r"what (?:i )?(?:have )?changed|summary of (?:the )?changes|key points(?: addressed| covered)?|"
        r"why this works|highlights|notes?|explanation|rationale",
        r"(?:vorgenommene |wichtigste )?änderungen|hinweise?|"
        r"anmerkungen?|was ich geändert habe|erläuterung(?:en)?",
        r"(?:principaux |principales )?(?:modifications|changements)(?: apporté(?:e)?s| effectué(?:e)?s)?|"
        r"remarques?",
        r"cambios(?: realizados)?|modificaciones|notas?|modifiche(?: apportate)?|cambiamenti",
        r"(?:aangebrachte )?(?:wijzigingen|aanpassingen)|opmerking(?:en)?|(?:wprowadzone )?zmiany|uwagi",
        r"(?:principais )?(?:alterações|mudanças)(?: feitas| realizadas)?|observações",
        r"(?:gjorda )?ändringar|anmärkning(?:ar)?|(?:provedené )?změny|"
        r"poznámk[ay]|変更点|補足|备注|修改说明|说明|修改内容",
    )
    + r"\s*[:：]?",
    _I,
)
_POSTSCRIPT = re.compile(r"(?:p\. ?s\.?|ps)\b|n\. ?b\.|nb\b", _I)
_BRACKETS = tuple("()[]（）【】")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_COUNT = re.compile(
    r"[\[(]*(?:word count\s*[:=]?\s*~?\d+(?: words)?|(?:~|ca\. |about )?\d+ "
    r"(?:words?|wörter|mots|palabras|parole|woorden|słów|palavras|ord|slov)"
    r"|(?:字数|文字数)\s?[:：]?\s?(?:约|約)?\s?\d+\s?[字文]?字?)[\])]*\.?",
    _I,
)
_WROTE = re.compile(
    r"(?:>|-{2,} ?(?:original|ursprüngliche|forwarded|weitergeleitete|message d|mensaje original)"
    r"|"
    r"(?=[^\n]*\d)[^\n]{5,200}\b"
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev|napisał|napisała|escreveu|napsal|napsala)"
    r"[^\n]{0,120}[:：]\s*$|[^\n]*\d[^\n]*(?:写道|のメール|さんは書きました)[:：]\s*$)",
    _I,
)


def may_begin_talk(start: str) -> bool:
    """Return whether a line that begins like this may turn out to be talk, or a heading of assumptions."""
    text = bare(start.lstrip("([{（【※-–—=•· \t\"'“”„«*_#>")).casefold()
    if not text:
        return True
    text += " " if start.endswith(" ") else ""  # the word is complete: "we " does not begin "wenn"
    openers = _OPENERS_BY_LETTER.get(text[0], ())
    if any(opener.startswith(text) or text.startswith(opener) for opener in openers):
        return True
    return bool(_ASSUME_START.match(text))


def is_talk_after(line: str, *, is_signed: bool) -> bool:
    """Return whether a line speaks about the draft; below a sign-off, less is needed to tell."""
    if len(line) > LONGEST:
        return False
    text = bare(line.strip(" \t([{)]}*_（）【】※"))
    if not is_signed:
        if not (may_begin_talk(line) and text.casefold().startswith(_OPENERS)):
            return False
        return bool(_CERTAIN.search(text)) or (is_changes_label(line) and bool(_DECORATED.match(line)))
    if is_changes_label(line) or _COUNT.fullmatch(text):
        return True
    if _POSTSCRIPT.match(text):
        return False
    if not any(part.casefold().startswith(_OPENERS) for part in _SENTENCE_END.split(text, maxsplit=1)):
        return False
    is_aside = line.strip().startswith(_BRACKETS) and line.strip().endswith(_BRACKETS)
    return bool(_ABOUT.search(text) or _ABOUT_REPLY.search(text) or (is_aside and _SPEAKS.search(text)))


def is_changes_label(line: str) -> bool:
    """Return whether the line heads a list of what the model changed."""
    text = bare(line)
    return bool(_CHANGES_LABEL.fullmatch(text)) and (
        text.endswith((":", "：")) or bool(_DECORATED.match(line))
    )


def begins_quote(line: str) -> bool:
    """Return whether the original email is quoted from this line on."""
    return bool(_WROTE.match(line.strip()))


def is_word_count(line: str) -> bool:
    return bool(_COUNT.fullmatch(bare(line)))


def _starts_of(pattern: str) -> re.Pattern[str]:
    """Return a pattern for beginnings of the words that head assumptions."""
    words = re.findall(r"[^\W\d_]{3,}", pattern)
    stems = sorted(
        {word[:4] for word in words if not word.isascii() or len(word) > 3} | {"前提", "仮定", "想定", "假设"}
    )
    starts = {stem[:length] for stem in stems for length in range(1, len(stem) + 1)}
    exact = "|".join(re.escape(start) + "$" for start in sorted(starts))
    return re.compile(rf"(?:{exact}|{'|'.join(map(re.escape, stems))}|my\b|key\b|main\b|what\b|i\b)")


_ASSUME_START = _starts_of(_ASSUME)
