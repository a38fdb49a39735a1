"""The language of a text is told by its script and function words."""

import json
import re

import pytest

from assistant_app.workflow.checks.facts import facts
from assistant_app.workflow.checks.findings import check
from assistant_app.workflow.checks.languages import NAMES, READ, language_of
from tests.draft_checks import evaluate


def test_the_language_of_each_labelled_draft_is_told():
    labelled = json.loads(evaluate.PUBLISHED.read_text())

    told = [(each["language"], language_of(each["draft"])) for each in labelled]

    assert [pair for pair in told if pair[0] != pair[1]] == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Could you send us the plan before we meet?", "en"),
        ("Wann kann ich den Wagen bei Ihnen abholen?", "de"),
        ("Je ne peux pas venir avec vous ce soir.", "fr"),
        ("No puedo ir con ustedes a la reunión.", "es"),
        ("Non posso venire con voi alla riunione.", "it"),
        ("Kunt u mij de factuur nog een keer sturen?", "nl"),
        ("Proszę o przesłanie faktury na ten adres.", "pl"),
        ("Não posso ir com vocês à reunião.", "pt"),
        ("Kan du skicka fakturan till mig en gång till?", "sv"),
        ("Pošlete mi prosím fakturu na tuto adresu.", "cs"),
        ("請求書を送っていただけますか。", "ja"),
        ("请把发票发给我。", "zh"),
        ("أرجو إرسال الفاتورة.", "ar"),
        ("Пришлите, пожалуйста, счёт.", "ru"),
        ("12345", None),
    ],
)
def test_a_sentence_is_enough(text, language):
    assert language_of(text) == language


def test_each_language_has_a_name():
    assert set(NAMES) >= READ


@pytest.mark.parametrize(
    ("given", "draft"),
    [
        ("Até 3 de dezembro de 2026 às 14h30.", "Enviamos o material até 03/12/2026 14:30 ao seu endereço."),
        ("Avant le 3 décembre 2026.", "Nous vous envoyons le matériel avant le 03/12/2026, comme prévu."),
        ("2026年12月3日14時30分", "ご連絡ありがとうございます。12月3日(木)14:30までに送ります。"),
        ("2026年12月3日下午2点30分", "我们会在12月3日14:30前把材料寄给您。"),
    ],
)
def test_a_day_with_a_zero_and_a_time_between_signs_are_read(given, draft):
    email = "From: Anna\nDate: Fri, 27 Nov 2026 10:00:00 +0100\n\n..."
    found = check(draft, email=email, instructions=given)
    assert (found.unsupported, found.missing) == ((), [])


@pytest.mark.parametrize("number", ["030/123456", "0171/9999999", "01-02-03-04-05", "089 / 12 34 56"])
def test_a_phone_number_is_no_day(number):
    assert [fact.values for fact in facts(number)] == [frozenset({("phone", re.sub(r"\D", "", number)[-7:])})]
