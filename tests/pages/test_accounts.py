"""The first account, signing in and out, a new password, open sign-up."""

import getpass
import threading
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from assistant_app.models import Preferences, SignInTries
from assistant_app.pages.account.forms import SignUpForm
from assistant_app.people import accounts, tries

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = {"username": "ida", "password1": "correct horse", "password2": "correct horse"}
CREDENTIALS = {"username": "ida", "password": "correct horse"}
User = get_user_model()


# --- The first account ---------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/new/", "/settings/", "/sign-in/", "/sign-up/"])
def test_without_any_account_every_page_leads_to_the_first_one(visitor, address, settings):
    settings.OPEN_SIGN_UP = True
    assert visitor.open(address).address == "/welcome/"


def test_the_first_account_is_an_administrator_and_signed_in_at_once(visitor):
    visitor.open("/welcome/").press("Create account", **FIRST)
    assert visitor.address == "/welcome/you/"
    visitor.press("Continue", name="Ida Berg", time_zone="Nowhere")
    assert visitor.says("Write a time zone’s name")
    assert visitor.typed("name") == ["Ida Berg"]
    visitor.press("Continue", time_zone="Europe/Berlin")
    assert visitor.says("Write your first reply")
    preferences = Preferences.objects.get()
    assert (preferences.signature, preferences.time_zone) == ("Ida Berg", "Europe/Berlin")
    user = User.objects.get()
    assert (user.is_superuser, user.is_staff) == (True, True)
    assert user.check_password("correct horse")


def test_the_first_account_needs_a_proper_password_twice(visitor):
    visitor.open("/welcome/")
    visitor.press("Create account", **FIRST | {"password1": "abc", "password2": "abd"})
    assert visitor.status == 400
    assert visitor.typed("username") == ["ida"]
    assert not User.objects.exists()


def test_a_second_visitor_who_was_slower_is_told_so(visitor, owner):
    answer = visitor.client.post("/welcome/", FIRST | {"username": "otto"}, follow=True)
    assert "Someone else has just created the first account." in answer.content.decode()
    assert User.objects.count() == 1


def test_the_welcome_page_is_gone_once_there_is_an_account(browser, visitor):
    assert visitor.open("/welcome/").address == "/sign-in/"
    assert browser.open("/welcome/").address == "/"


def _both_at_once(monkeypatch):
    """Let two visitors create the first account, held until both have seen that there is none."""
    barrier, real = threading.Barrier(2), accounts.exist
    seen = threading.local()

    def exist():
        answer = real()
        if not hasattr(seen, "once"):
            seen.once = True
            barrier.wait(10)
        return answer

    monkeypatch.setattr(accounts, "exist", exist)
    return _post_at_once("/welcome/", FIRST, FIRST | {"username": "otto"})


def _post_at_once(address, *forms):
    """Return the statuses of the answers to these forms, each sent in a thread of its own."""
    statuses = []

    def post(form):
        statuses.append(Client().post(address, form).status_code)
        connection.close()

    threads = [threading.Thread(target=post, args=[form]) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(statuses)


def test_two_visitors_at_once_make_one_first_account(monkeypatch):
    assert _both_at_once(monkeypatch) == [302, 409]
    assert User.objects.filter(is_superuser=True).count() == 1
    assert User.objects.count() == 1


def test_without_the_second_look_both_would_be_administrators(monkeypatch):
    """The race is real: what prevents it is that `create_first` looks again under a lock."""

    def create_unguarded(user):
        user.is_superuser = True
        user.save()
        return user

    monkeypatch.setattr(accounts, "create_first", create_unguarded)
    assert _both_at_once(monkeypatch) == [302, 302]
    assert User.objects.filter(is_superuser=True).count() == 2


# --- Signing in ----------------------------------------------------------------------------------


def test_signing_in_leads_to_where_one_wanted_to_go(visitor, owner):
    visitor.open("/sign-in/?next=/settings/").press("Sign in", **CREDENTIALS)
    assert visitor.address == "/settings/"


@pytest.mark.parametrize("name", ["settings", "email", "nowhere"])
def test_what_is_no_path_is_no_place_to_go_to(visitor, owner, name):
    visitor.open("/sign-in/", data={"next": name}).press("Sign in", **CREDENTIALS)
    assert visitor.address == "/"
    assert visitor.client.get("/sign-in/", {"next": name})["Location"] == "/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(visitor, owner, elsewhere):
    visitor.open("/sign-in/", data={"next": elsewhere}).press("Sign in", **CREDENTIALS)
    assert visitor.address == "/"


def test_a_wrong_password_says_how_many_tries_are_left(visitor, owner):
    visitor.open("/sign-in/").press("Sign in", username="ida", password="wrong")
    assert visitor.status == 400
    assert visitor.says("That username and password don’t match")
    assert visitor.says("Both are case-sensitive. 4 attempts left before a 5-minute pause.")
    assert visitor.typed("username") == ["ida"]
    assert visitor.typed("password") == [""]


def test_after_five_wrong_tries_the_page_waits_even_for_the_right_password(visitor, owner):
    visitor.open("/sign-in/")
    for _ in range(5):
        visitor.press("Sign in", username="ida", password="wrong")
    assert visitor.says("That was the last attempt before a 5-minute pause.")
    visitor.press("Sign in", **CREDENTIALS)
    assert visitor.status == 429
    assert visitor.response["Retry-After"] == "300"
    assert visitor.says("Too many attempts")


def test_the_pause_is_for_one_name_at_one_address(visitor, owner, stranger):
    for _ in range(6):
        visitor.client.post("/sign-in/", {"username": "ida", "password": "wrong"})
    visitor.open("/sign-in/").press("Sign in", username="otto", password="battery staple")
    assert visitor.address == "/"
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/sign-in/", CREDENTIALS).status_code == 302


def test_signing_in_right_forgets_the_wrong_tries(visitor, owner):
    for password in ["wrong"] * 4 + ["correct horse"]:
        visitor.client.post("/sign-in/", {"username": "ida", "password": password})
    visitor.client.logout()
    visitor.open("/sign-in/").press("Sign in", username="ida", password="wrong")
    assert visitor.says("4 attempts left")


def test_tries_are_forgotten_when_their_time_is_over(visitor, owner):
    for _ in range(6):
        visitor.client.post("/sign-in/", CREDENTIALS | {"password": "wrong"})
    SignInTries.objects.update(ends_at=timezone.now())
    visitor.open("/sign-in/").press("Sign in", **CREDENTIALS)
    assert visitor.address == "/"
    assert not SignInTries.objects.filter(used__gt=1).exists()


def test_no_two_tries_at_once_count_as_one():
    """The counts are rows: every process and every machine adds to the same ones."""
    barrier, left = threading.Barrier(5), []

    def once():
        barrier.wait(10)
        left.append(tries.take_try("ida", "192.0.2.1"))
        connection.close()

    threads = [threading.Thread(target=once) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(left) == [0, 1, 2, 3, 4]


def test_one_password_for_many_names_is_stopped_too(visitor, owner):
    for number in range(tries.TRIES_OF_A_NETWORK):
        tries.take_try(f"name{number}", "127.0.0.1")
    assert visitor.client.post("/sign-in/", CREDENTIALS).status_code == 429


def test_an_office_that_signs_in_all_morning_is_not_stopped(visitor, owner):
    for number in range(tries.TRIES_OF_A_NETWORK):
        tries.take_try(f"name{number}", "127.0.0.1")
        tries.forget_tries(f"name{number}", "127.0.0.1")
    assert visitor.client.post("/sign-in/", CREDENTIALS).status_code == 302


def test_the_counts_hold_neither_names_nor_addresses(visitor, owner):
    visitor.client.post("/sign-in/", CREDENTIALS | {"password": "wrong"})
    stored = str(list(SignInTries.objects.values()))
    assert "ida" not in stored
    assert "127.0.0.1" not in stored


def test_the_admins_own_page_counts_the_same_tries(visitor, operator):
    for _ in range(5):
        visitor.client.post("/sign-in/", {"username": "root", "password": "wrong"})
    answer = visitor.client.post("/admin/login/", {"username": "root", "password": "tr0ubador"})
    assert "Too many tries. Wait 5 minutes." in answer.content.decode()
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/admin/login/", {"username": "root", "password": "tr0ubador"}).status_code == 302


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "direct", "network"),
    [
        (False, "198.51.100.1", "192.0.2.7", "192.0.2.7"),  # forged by the client
        (True, "203.0.113.9, 198.51.100.1", "127.0.0.1", "198.51.100.1"),  # the proxy's own word is the last
        (True, "", "127.0.0.1", "127.0.0.1"),
        (True, "unknown", "127.0.0.1", "unknown"),
        (False, "", "2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),  # one customer's many addresses
        (False, "", "::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_where_a_try_comes_from(rf, settings, behind_proxy, forwarded, direct, network):
    settings.BEHIND_PROXY = behind_proxy
    request = rf.get("/", REMOTE_ADDR=direct, headers={"X-Forwarded-For": forwarded})
    assert tries.network_of(request) == network


def test_the_session_gets_a_new_name_when_somebody_signs_in(visitor, owner):
    """A session that somebody else planted in the browser is not the one that is signed in."""
    planted = SessionStore()
    planted["typed"] = {}
    planted.save()
    visitor.client.cookies["sessionid"] = planted.session_key
    visitor.client.post("/sign-in/", CREDENTIALS)
    assert visitor.client.cookies["sessionid"].value != planted.session_key
    assert not SessionStore().exists(planted.session_key)


def test_signing_in_without_a_name_names_the_field(visitor, owner):
    visitor.open("/sign-in/").press("Sign in", username="", password="x")
    assert visitor.says("Username: This field is required.")


def test_the_sign_in_page_redirects_signed_in_users(browser):
    assert browser.open("/sign-in/").address == "/"


def test_signing_out_needs_a_post(browser):
    assert browser.client.get("/sign-out/").status_code == 405
    browser.open("/").press("Sign out")
    assert browser.address == "/sign-in/"


# --- Password and sign-up ------------------------------------------------------------------------


def test_the_password_is_changed_and_one_stays_signed_in(browser, owner):
    new = {"new_password1": "a quiet river", "new_password2": "a quiet river"}
    browser.open("/password/").press("Change password", old_password="correct horse", **new)
    assert browser.says("Password changed.")
    owner.refresh_from_db()
    assert owner.check_password("a quiet river")


def test_a_new_password_ends_every_other_session_and_renames_this_one(browser, owner):
    other = Client()
    other.force_login(owner)
    before = browser.client.cookies["sessionid"].value
    new = {"new_password1": "a quiet river", "new_password2": "a quiet river"}
    browser.open("/password/").press("Change password", old_password="correct horse", **new)
    assert browser.client.cookies["sessionid"].value != before
    assert browser.open("/").address == "/"
    assert other.get("/").headers["Location"].startswith("/sign-in/")


BAD_PASSWORDS = {
    "short": "a9!x",
    "common": "password123",
    "number": "8264917350",
    "name": "idabrevik-1",
    "name and more": "a quiet river for idabrevik to swim in",
    "name in capitals": "my IDABREVIK likes sunny days",
    "name in full width": "ｉｄａｂｒｅｖｉｋ likes the sunny days",
    "name with separators": "i.d.a.b.r.e.v.i.k and the sunny days",
    "name with accents": "Idàbrèvik likes all the sunny days",
}


@pytest.mark.parametrize("bad", BAD_PASSWORDS.values(), ids=BAD_PASSWORDS.keys())
def test_every_door_refuses_a_bad_password(visitor, operator, settings, bad):
    settings.OPEN_SIGN_UP = True
    new = {"username": "idabrevik", "password1": bad, "password2": bad}
    assert visitor.client.post("/sign-up/", new).status_code == 400
    visitor.client.force_login(operator)
    assert visitor.client.post("/admin/auth/user/add/", new).status_code == 200  # the form again
    type(operator).objects.filter(pk=operator.pk).update(username="idabrevik")
    change = {"old_password": "tr0ubador", "new_password1": bad, "new_password2": bad}
    assert visitor.client.post("/password/", change).status_code == 400
    of_another = {"password1": bad, "password2": bad}
    assert visitor.client.post(f"/admin/auth/user/{operator.pk}/password/", of_another).status_code == 200
    assert User.objects.get().check_password("tr0ubador")
    User.objects.all().delete()
    assert visitor.client.post("/welcome/", new).status_code == 400
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ua", "ua-ua-ua"),
        ("ua", "uauauauaua"),
        ("ua", "UA 2026 ua!"),
        ("ua", "the secret of ua"),
        ("ua", "ｕａ＿ｕａ＿ｕａ"),
        ("bob", "xxbobxx-river"),
        ("j.doe", "jdoe by the river"),
        ("jdoe", "J. Doe by the river"),
        ("straße", "STRASSE by the river"),
        ("-.-", "quiet -.- river"),
    ],
)
def test_a_password_with_the_user_name_in_it_is_refused(visitor, name, password):
    new = {"username": name, "password1": password, "password2": password}
    visitor.open("/welcome/").press("Create account", **new)
    assert visitor.says("The password contains your user name. Leave the name out.")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ua", "squaring the river"),
        ("al", "walking by the river"),
        ("ida", "quiet river 4711"),
        ("u", "uphill-river"),
    ],
)
def test_a_short_name_inside_of_a_word_is_no_reason_to_refuse(visitor, name, password):
    new = {"username": name, "password1": password, "password2": password}
    visitor.open("/welcome/").press("Create account", **new)
    assert User.objects.get().check_password(password)


@pytest.mark.parametrize("password", ["ua-ua-ua", "short", "secret of ua"])
def test_the_command_for_administrators_refuses_a_bad_password_too(monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError, match="DJANGO_SUPERUSER_PASSWORD: "):
        call_command("createsuperuser", "--noinput", username="ua", email="ua@example.org")
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "ua")
    with pytest.raises(CommandError, match="DJANGO_SUPERUSER_PASSWORD: "):
        call_command("createsuperuser", "--noinput", email="ua@example.org")
    assert not User.objects.exists()


def test_the_command_for_administrators_takes_a_good_password(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a quiet river")
    call_command("createsuperuser", "--noinput", username="ua", email="ua@example.org", verbosity=0)
    assert User.objects.get().check_password("a quiet river")


def test_the_command_for_a_new_password_refuses_a_bad_one(operator, monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "by root, for roots")
    with pytest.raises(CommandError, match="Aborting"):
        call_command("changepassword", "root", stdout=StringIO(), stderr=StringIO())
    assert User.objects.get().check_password("tr0ubador")


def test_the_password_is_not_changed_without_the_old_one(browser, owner):
    new = {"new_password1": "a quiet river", "new_password2": "a quiet river"}
    browser.open("/password/").press("Change password", old_password="wrong", **new)
    assert browser.status == 400
    owner.refresh_from_db()
    assert owner.check_password("correct horse")


def test_the_old_password_cannot_be_tried_for_ever(browser, owner):
    new = {"new_password1": "a quiet river", "new_password2": "a quiet river"}
    browser.open("/password/")
    for _ in range(tries.TRIES):
        browser.press("Change password", old_password="wrong", **new)
        assert browser.status == 400
    browser.press("Change password", old_password="correct horse", **new)
    assert browser.status == 429
    assert browser.says("Too many tries. Wait 5 minutes.")
    owner.refresh_from_db()
    assert owner.check_password("correct horse")


def test_the_admin_leads_to_the_same_page_for_a_new_password(browser, owner):
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    assert browser.open("/admin/password_change/").address == "/password/"
    sent = browser.client.post("/admin/password_change/", {"old_password": "wrong"})
    assert sent["Location"] == "/password/"


def test_sign_up_is_closed_unless_it_is_opened(visitor, owner):
    assert visitor.open("/sign-up/").status == 404
    assert "Create an account" not in visitor.open("/sign-in/").page.links


def test_with_open_sign_up_anybody_makes_an_ordinary_account(visitor, owner, settings):
    settings.OPEN_SIGN_UP = True
    visitor.open("/sign-in/")
    visitor.open(visitor.page.links["Create an account"])
    visitor.press("Create account", **FIRST | {"username": "mia"})
    assert visitor.address == "/welcome/you/"
    assert visitor.open("/").says("Write your first reply")
    mia = User.objects.get(username="mia")
    assert (mia.is_staff, mia.is_superuser) == (False, False)


def test_sign_up_with_a_taken_name_says_so(visitor, owner, settings):
    settings.OPEN_SIGN_UP = True
    visitor.open("/sign-up/").press("Create account", **FIRST)
    assert visitor.status == 400
    assert visitor.says("already exists")


def test_a_double_press_on_sign_up_makes_one_account_and_is_no_mistake_of_ours(owner, settings, monkeypatch):
    settings.OPEN_SIGN_UP = True
    barrier, real = threading.Barrier(2), SignUpForm.save

    def save(form):
        barrier.wait(10)  # both have found the name free
        return real(form)

    monkeypatch.setattr(SignUpForm, "save", save)
    form = FIRST | {"username": "mia"}
    assert _post_at_once("/sign-up/", form, form) == [302, 400]
    assert User.objects.filter(username="mia").count() == 1


def test_sign_up_is_not_for_making_accounts_by_the_hundred(visitor, owner, settings):
    settings.OPEN_SIGN_UP = True
    for _ in range(tries.SIGN_UPS):
        tries.may_sign_up("127.0.0.1")
    visitor.open("/sign-up/").press("Create account", **FIRST | {"username": "mia"})
    assert visitor.says("Too many new accounts from your network.")
    assert not User.objects.filter(username="mia").exists()
