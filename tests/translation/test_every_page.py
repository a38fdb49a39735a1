"""Every page in a pseudo-language: what has plain letters was not marked for gettext.

People's own texts are Cyrillic here, so that all Latin letters without accents are the product's.
"""

import re

import pytest
from django.test import Client

from assistant_app import operations
from assistant_app.llm import faults
from assistant_app.models import Identity, Note, Step
from assistant_app.people import readings
from tests.conftest import Person
from tests.translation import pseudo
from tests.translation.visible import Visible

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "From: Марта <marta@example.org>\nTo: ida@example.org\nSubject: Поздно\n\n"
EMAIL += "Мы ждём уже вторую неделю, и никто не отвечает на наши звонки. Где мои датчики?"
DRAFT = "Здравствуйте, Марта,\n\nони выйдут в четверг.\n\nИда"
WORD = re.compile(r"[A-Za-z]{2,}")
# What stays as it is, with the reason.
KEPT = {
    "addresses": r"[\w.+-]+@[\w.-]+|https?://\S+",
    "places for values, filled by scripts": r"{\w+}",
    "ids": r"[0-9a-f]{8}-[0-9a-f-]{27}\S*",
    "file names and formats": r"\.(?:eml|emlx|msg|zip)\b",
    "versions and sizes": r"\d\.\d\S*|\d[\s\N{NO-BREAK SPACE}][kMG]?B\b",
    "names": r"\b(?:UTC|Europe/Berlin|scripted(?:-1)?)\b",
    "the prefix of a subject, as mail programs write it": r"\bRe:",
    "actions and keys of the state in code": (
        r"\b[a-z]+_[a-z_]+\b|\b(?:regenerate|reopen)\b|\b(?:clarification questions?|feedback)\b"
    ),
    "roles and purposes of model calls in code": r"^(?:System|User|Assistant)$|(?<=: )(?:questions|draft)\b",
    "ideas, which are sent as they are shown": (r"^(?:Yes|No, thanks|Later|Ask for more time|Say thanks)$"),
    "alternative texts that Django itself leaves in English": r"^(?:Search|True|False)$",
}
NAMES = re.compile("|".join(KEPT.values()))


@pytest.fixture
def ida(django_user_model, model):
    user = django_user_model.objects.create_superuser("ида", password="верный конь", first_name="Ида")
    Identity.objects.create(owner=user, name="Ида", addresses=["ida@example.org"], is_default=True)
    Note.objects.create(owner=user, title="Возврат", text="Тридцать дней.")
    return user


@pytest.fixture
def addresses(ida, model):
    """Return every page's address, with emails in the states that differ."""
    fresh = Person(ida)
    asked = Person(ida)
    model.will_ask("Когда?", reasons=["Не сказано."])
    asked.give_input(EMAIL, "Скажи, в четверг.")
    drafted = Person(ida)
    model.will_ask("Когда?", reasons=["Не сказано."])
    model.will_write(f"{DRAFT}\n\nASSUMPTIONS:\n- Всё сразу.")
    model.will_write(DRAFT.replace("четверг", "пятницу"))
    drafted.give_input(EMAIL, "Скажи, в четверг, 5 %.")
    drafted.answer("В четверг.")
    drafted.give_feedback("Короче.")
    failed = Person(ida)
    model.will_write(DRAFT)
    failed.give_input(EMAIL, "")
    fault = faults.of_status("модель:80", 429, words="Не сейчас.", pause=5)
    model.will_write([f"<reply>{DRAFT[:20]}", fault.error(3)])
    failed.fails_at("process_feedback", feedback="Короче.")
    done = Person(ida)
    model.will_write(DRAFT)
    done.give_input(EMAIL, "")
    done.give_feedback("")
    stopped = Step.objects.get(application=failed.row, status=Step.Status.FAILED)
    readings.begin(actor=ida, app_id=drafted.app_id, reason="Она спросила, почему.")
    operations.fork(actor=ida, app_id=drafted.app_id)
    of = {name: f"/a/{person.app_id}/" for name, person in locals().items() if isinstance(person, Person)}
    ways = ("delete/", "title/", "history/", "history/2/", "calls/1/", "envelope/", "?again=input")
    ways += ("?again=questions", "?draft=1", "compare/", "compare/?view=side", "drafts/2/edit/")
    admin = f"/admin/assistant_app/application/{drafted.app_id}"
    return [
        *of.values(),
        *(of["drafted"] + way for way in ways),
        of["failed"] + "write/",
        of["failed"] + "?change=1",
        *(of["failed"] + way for way in ("history/", f"history/{stopped.sequence_id}/", "calls/3/")),
        *("/", "/?q=датчики", "/?q=нет", "/?show=done", "/?show=archived", "/new/", "/nowhere/"),
        *(
            f"/settings/{page}"
            for page in ("", "model/", "data/", "identities/", "notes/", "erase/", "tokens/")
        ),
        *("/usage/", "/keys/", "/password/", "/welcome/you/"),
        *("/admin/", "/admin/assistant_app/application/", f"{admin}/change/", f"{admin}/history/"),
        *("/admin/assistant_app/application/usage/", f"{admin}/step/2/", "/admin/auth/user/"),
    ]


def test_every_page_is_translated_whole(ida, addresses, tmp_path, settings):
    settings.OPEN_SIGN_UP = True
    client = Client()
    client.force_login(ida)
    with pseudo.spoken(tmp_path):
        answers = {address: client.get(address, follow=True) for address in addresses}
        answers |= {address: Client().get(address, follow=True) for address in ("/sign-in/", "/sign-up/")}
    assert [address for address, answer in answers.items() if answer.status_code != 200] == ["/nowhere/"]
    left = sorted({text for answer in answers.values() for text in untranslated(answer)})
    assert left == []


def untranslated(answer):
    texts = Visible(answer.content.decode()).pieces
    return [text for text in texts if WORD.search(NAMES.sub("", text))]
