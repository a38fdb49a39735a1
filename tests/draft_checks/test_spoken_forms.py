"""How people type a fact, beside how a letter says it, and beside another fact that a letter must not say."""

import time

import pytest

from assistant_app.workflow.checks.findings import check

SENT = "From: Tilde Ravn <tilde@ravn.example>\nDate: Mon, 19 Oct 2026 15:20:00 +0100\n\n"
# The email, what the owner typed, what the draft says, and a wrong one with what is marked in it.
SAME = [
    # Hours.
    ("", "na vieren graag", "Graag na 16.00 uur, dat komt mij het beste uit.", ("16.00 uur", "17.30 uur")),
    ("", "klockan åtta går bra", "Det går bra klockan åtta, så vi ses.", ("klockan åtta", "klockan nio")),
    ("", "at ten", "We have to leave at ten.", ("at ten", "at nine")),
    ("wizyta o szóstej", "przyjdę", "Przyjdę do państwa o 18:00, dziękuję.", ("18:00", "19:30")),
    ("přijďte po desáté", "ano", "Přijdu po 10. hodině, děkuji za pozvání.", ("10. hodině", "11. hodině")),
    ("v čtvrt na šest", "ano", "Přijdeme v 5:15, děkujeme za pozvání.", ("5:15", "5:45")),
    ("", "wpół do dziewiątej", "Przyjdę o 8:30, jeśli to możliwe.", ("8:30", "9:30")),
    ("", "het duurt twee uur", "Het overleg duurt ongeveer 2 uur, schat ik.", ("2 uur", "3 uur")),
    ("", "alle 15", "Alle 15 l'ufficio chiude, quindi arrivo prima.", ("15 l", "17 l")),
    ("a la una y media", "vale", "A las 13:30 me viene bien, gracias.", ("13:30", "14:30")),
    ("", "eine dreiviertelstunde", "Es dauert etwa 45 Minuten, länger nicht.", ("45 Minuten", "15 Minuten")),
    ("", "een kwartier later", "Ik kom 15 minuten later, excuses daarvoor.", ("15 minuten", "25 minuten")),
    ("", "przyjdę za kwadrans 9", "Przyjdę o 8:45, dziękuję za cierpliwość.", ("8:45", "9:15")),
    ("", "takes an hour and a half", "It will take 90 minutes in all.", ("90 minutes", "80 minutes")),
    ("", "dura una hora y media", "La visita dura 90 minutos, más o menos.", ("90 minutos", "70 minutos")),
    # Numbers.
    ("", "16,1 kg", "Es sind genau 16100 g, nicht mehr.", ("16100 g", "16200 g")),
    ("", "5 \N{MICRO SIGN}g am Tag", "Ich nehme 5 \N{GREEK SMALL LETTER MU}g am Tag.", ("5 ", "6 ")),
    ("", "anderthalb Stunden", "Der Termin dauert 90 Minuten, sagt sie.", ("90 Minuten", "70 Minuten")),
    ("", "anderthalb Kilo Mehl", "Ich bringe noch 1,5 kg Mehl mit.", ("1,5 kg", "2,5 kg")),
    ("", "100 mg täglich", "Ich nehme die 100 mg täglich.", ("100 mg", "100 g")),
    ("", "0,5 kg", "Es sind 500 g und nicht mehr.", ("500 g", "600 g")),
    ("晚到一刻钟", "可以", "我会晚到15分钟，请大家先开始。", ("15分钟", "25分钟")),
    ("会費は5千円です。", "払う", "会費の5,000円は当日お支払いします。", ("5,000円", "6,000円")),
    ("", "98万円でOK", "980,000円で問題ございません。", ("980,000円", "890,000円")),
    ("", "更新料は8万5千円", "更新料85,000円をお支払いします。", ("85,000円", "58,000円")),
    # Phone numbers and codes.
    ("", "tel 333 555 0199", "Mi può chiamare al 333 5550199.", ("333 5550199", "333 5550198")),
    ("", "tel 3335550199", "Mi può chiamare al 333 555 0199.", ("0199", "0198")),
    ("ordine 7730/26, 26 novembre", "ok", "Confermo l'ordine 7730/26.", ("7730/26", "7730/62")),
    ("", "pondělí ok, 8.15.", "Pondělí v 8:15 mi vyhovuje, děkuji.", ("8:15", "8:45")),
    ("", "le 3e arrive le 20", "Le troisième devrait arriver le 20.", ("le 20", "le 25")),
    # Days.
    ("", "übermorgen bring ich ihn", "Ich bringe ihn am Mittwoch und danke.", ("Mittwoch", "Freitag")),
    ("nos dias 7, 8 e 9", "ok", "A Leonor faltou nos dias 7, 8 e 9.", ("8 e 9", "8 e 6")),
    ("", "comedor solo L X V", "Comerá los lunes y viernes, gracias por todo.", ("viernes", "jueves")),
    ("請求書No.1182", "振込む", "請求書No.1182をお振込みいたします。", ("1182", "1128")),
    ("", "from jan please", "Please do it from January.", ("January", "February")),
]


def noted(draft, email, instructions):
    checks = check(draft, email=SENT + email, instructions=instructions, known="Leonor Kilo Mehl")
    return [found.text for found in (*checks.findings, *checks.derived)], checks.missing


@pytest.mark.parametrize(("email", "typed", "draft", "change"), SAME)
def test_a_letter_may_say_a_fact_in_another_form(email, typed, draft, change):
    checks = check(draft, email=SENT + email, instructions=typed, known="Leonor Kilo Mehl")

    assert [found.text for found in checks.findings] == []
    assert checks.missing == []


@pytest.mark.parametrize(("email", "typed", "draft", "change"), SAME)
def test_another_fact_in_its_place_is_noted(email, typed, draft, change):
    right, wrong = change
    changed = draft.replace(right, wrong)

    assert changed != draft
    assert noted(changed, email, typed) != noted(draft, email, typed)


def test_the_time_zone_of_the_email_is_no_number():
    checks = check("It costs 100 in all.", email=SENT + "How much?")
    assert [found.text for found in checks.findings] == ["100"]


@pytest.mark.parametrize("draft", ["1 240 567 €", "12 345 678 people", "in 2026 2027 2028"])
def test_groups_of_digits_are_no_phone_number_if_they_are_one_number_or_years(draft):
    checks = check(f"It is {draft}.", email=draft)
    assert checks.findings == []


# Names, with the language of the draft around them.
NAMES = [
    ("Sestra Alena", "", "Dobrý den, sestro Aleno,\n\nděkuji za zprávu, přijdu.", ("Aleno", "Ireno")),
    ("Krzysztof Wrona", "", "Dzień dobry, Panie Krzysztofie,\n\nzgadzam się.", ("Krzysztofie", "Kazimierzu")),
    ("Ewa", "", "Cześć Ewo,\n\nchętnie przyjdziemy, dziękuję.", ("Ewo", "Olu")),
    ("Ewa, ale proszę bez pośpiechu", "", "Cześć Ewo,\n\nchętnie przyjdę, dziękuję.", ("Ewo", "Alo")),
    ("", "pozdrów Marka i Piotra", "Prosi pan o to, a Marek i Piotr już są.", ("Piotr", "Paweł")),
    ("le carnet d'Inès", "signé", "Pour le carnet d'Inès, il est signé.", ("d'Inès", "d'Agnès")),
    ("", "", "Zálohu Vám pošlu, děkuji za Vaši zprávu.", ("Vám", "Evě")),
    ("Pilar Tormo, 4ºB", "", "Delego mi voto en Pilar Tormo, del 4.º B, y no voy.", ("Tormo", "Torno")),
    ("", "56 euros por mbway", "Envio-te os 56 euros por MB Way e obrigado.", ("MB Way", "Pay Way")),
    ("みどり工務店 佐々木", "", "佐々木様\n\nありがとうございます。", ("佐々木様", "佐々田様")),
    ("王丽医生的门诊", "", "我想看王丽医生的门诊，谢谢。", ("王丽", "王莉")),
    ("要两台打印机", "两台", "我们要两台打印机。", ("两台", "四台")),
]


@pytest.mark.parametrize(("email", "typed", "draft", "change"), NAMES)
def test_a_name_may_have_another_form(email, typed, draft, change):
    checks = check(draft, email=SENT + email, instructions=typed)
    assert [found.text for found in checks.findings] == []


@pytest.mark.parametrize(("email", "typed", "draft", "change"), NAMES)
def test_another_name_is_marked(email, typed, draft, change):
    checks = check(draft.replace(*change), email=SENT + email, instructions=typed)
    assert len(checks.findings) == 1


@pytest.mark.parametrize(
    "draft",
    ["各位老师：您好！", "お客様と皆様、仕様の件です。", "我的医生说可以。", "我问总经理和数学老师。"],
)
def test_titles_without_a_name_have_no_name(draft):
    assert check(draft, email="您好，谢谢。ありがとう").findings == []


def test_a_compound_of_a_role_is_no_name():
    assert check("Liebes Kita-Team,\n\nwir kommen gern.", email="Familie Vance, kommen Sie?").findings == []


def test_an_abbreviation_may_be_spelled_out():
    typed = "schlüssel bei frau Yilmaz im EG"
    letter = "Guten Tag,\n\nes geht um den Schlüssel. Den hat Frau Yilmaz im %s.\nWollen Sie darauf eingehen?"
    assert check(letter % "Erdgeschoss", email="", instructions=typed).missing == []
    assert check(letter % "Dachgeschoss", email="", instructions=typed).missing == ["EG"]


def test_long_words_with_the_letters_of_an_abbreviation_take_a_moment():
    began = time.process_time()
    check("A" + "a" * 3_000 + "b geht.", email="", instructions="AAAAB " * 2_000)
    assert time.process_time() - began < 1  # about 0.1 s; minutes if each way to split the word is tried
