"""The language of a text is told by its script and function words."""

import json

import pytest

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
