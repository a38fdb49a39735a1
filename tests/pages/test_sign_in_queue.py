"""The queue of those who hash a password, and what each page says when it is full."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, identify_hasher, make_password
from django.db import connections

from assistant_app.models import SignInTries
from assistant_app.people import hashing
from assistant_app.people.hashing import Hasher, HashingQueue, TooManySignIns
from tests.real_server import wait_until

User = get_user_model()
OURS = "assistant_app.people.hashing.Hasher"


@pytest.fixture
def full_queue(monkeypatch):
    """A queue in which there is no place left."""
    monkeypatch.setattr(hashing, "turn", HashingQueue(at_once=0, most_waiting=0).turn)


def test_hashes_are_those_of_django(settings):
    settings.PASSWORD_HASHERS = [OURS]
    assert identify_hasher(PBKDF2PasswordHasher().encode("correct horse", "salt", 1)).__class__ is Hasher
    assert check_password("correct horse", PBKDF2PasswordHasher().encode("correct horse", "salt"))
    assert PBKDF2PasswordHasher().verify("correct horse", make_password("correct horse"))


def test_the_product_hashes_in_turns():
    from emailassistant import settings as product  # noqa: PLC0415  (the tests replace the setting)

    assert product.PASSWORD_HASHERS[0] == OURS


def test_who_hashes_keeps_others_waiting_and_who_comes_too_late_is_refused():
    queue, inside, gate, order = (
        HashingQueue(at_once=1, most_waiting=1),
        threading.Event(),
        threading.Event(),
        [],
    )

    def first():
        with queue.turn(), queue.turn():  # a second turn in the same thread is the same one
            inside.set()
            gate.wait(20)
            order.append("first")

    def second():
        with queue.turn():
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    wait_until(lambda: queue._inside == 2)
    with pytest.raises(TooManySignIns) as refused, queue.turn():
        pass
    gate.set()
    for thread in threads:
        thread.join(20)
    assert refused.value.retry_after == hashing.RETRY_SECONDS
    assert order == ["first", "second"]
    with queue.turn():
        assert queue._inside == 1


@pytest.mark.django_db(transaction=True)
def test_who_waits_or_hashes_holds_no_database_connection(monkeypatch, settings):
    settings.PASSWORD_HASHERS = [OURS]
    queue, gate, hashing_now, wrappers, kept = (
        HashingQueue(1, 5),
        threading.Event(),
        threading.Event(),
        [],
        [],
    )
    monkeypatch.setattr(hashing, "turn", queue.turn)
    encode = PBKDF2PasswordHasher.encode

    def slow(self, password, salt, iterations=None):
        kept.append(connections["default"].connection is not None)
        hashing_now.set()
        gate.wait(20)
        return encode(self, password, salt, 1)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", slow)

    def work():
        wrappers.append(connections["default"])
        User.objects.exists()
        assert wrappers[-1].connection is not None
        make_password("correct horse")
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    threads[0].start()
    assert hashing_now.wait(20)
    threads[1].start()
    wait_until(lambda: queue._inside == 2)
    wait_until(lambda: wrappers[-1].connection is None)
    gate.set()
    for thread in threads:
        thread.join(20)
    assert kept == [False, False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("full_queue")
class TestFullQueue:
    def test_the_sign_in_page_keeps_the_name_and_says_to_wait(self, visitor, owner):
        visitor.open("/sign-in/").press("Sign in", username="ida", password="correct horse")
        assert visitor.status == 429
        assert visitor.response["Retry-After"] == str(hashing.RETRY_SECONDS)
        assert visitor.says("Too many people are signing in")
        assert visitor.typed("username") == ["ida"]

    def test_no_try_is_counted(self, visitor, owner):
        assert visitor.client.post("/sign-in/", {"username": "ida", "password": "x"}).status_code == 429
        assert not SignInTries.objects.exists()

    def test_the_sign_up_page_keeps_the_name(self, visitor, owner, settings):
        settings.OPEN_SIGN_UP, settings.PASSWORD_HASHERS = True, [OURS]
        both = {"password1": "a quiet river", "password2": "a quiet river"}
        visitor.open("/sign-up/").press("Create account", username="mia", **both)
        assert visitor.status == 429
        assert visitor.response["Retry-After"] == str(hashing.RETRY_SECONDS)
        assert visitor.typed("username") == ["mia"]
        assert not User.objects.filter(username="mia").exists()

    @pytest.mark.parametrize("address", ["/password/", "/settings/erase/", "/admin/auth/user/add/"])
    def test_other_pages_that_hash_answer_429(self, client, operator, address):
        client.force_login(operator)
        User.objects.create_superuser("other")  # so that the operator may be erased
        form = {"old_password": "x", "new_password1": "a quiet river", "new_password2": "a quiet river"}
        answer = client.post(address, form | {"password": "x", "sure": "on", "username": "mia"})
        assert answer.status_code == 429
        assert answer["Retry-After"] == str(hashing.RETRY_SECONDS)

    def test_the_sign_in_of_the_admin_answers_429(self, client, operator):
        answer = client.post("/admin/login/", {"username": "root", "password": "tr0ubador"})
        assert answer.status_code == 429
