"""What is stored of a person beside the emails, made on the pages of the previous version."""

import re

import httpx

from tests import leaks
from tests.real_server import DEADLINE, PLAIN, wait_until
from tests.upgrade.emails import Email
from tests.upgrade.previous import PASSWORD

NAME = "Ida Kowalska"
WHY = "Ida asked me to look at it."
ADMIN = "/admin/assistant_app/application/"


class Account:
    """Ida and an administrator, each with a browser, and what they stored."""

    def __init__(self, before):
        self._before = before
        self.ida, self.root = Browser(before, "ida"), Browser(before, "root")
        self.ida.post(before, "/settings/you/", signature=NAME, theme="dark")
        self.revoked = self._make_token("old", "write")
        digest = re.search(r'name="token" value="(\w+)"', self.ida.get(before, "/settings/"))[1]
        self.ida.post(before, "/settings/tokens/revoke/", token=digest)
        self.read_only = self._make_token("laptop", "read")
        with before.client() as ida:
            self.read, self.deleted = Email(ida, steps=1), Email(ida, steps=1)
            for email in (self.read, self.deleted):
                self.root.post(before, f"{ADMIN}{email.app_id}/read/", reason=WHY)
            self.deleted.delete(ida)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ida.close()
        self.root.close()

    def _make_token(self, name, scope):
        page = self.ida.post(self._before, "/settings/tokens/", name=name, scope=scope)
        secret = re.search(r'<code id="token-secret">(\w+)</code>', page)[1]
        leaks.secrets.add(secret)
        return secret

    def releases(self, app_id):
        """Whether the administrator could release the lease of that email: it has to have expired."""
        return "Released: " in self.root.post(self._before, ADMIN, action="release", _selected_action=app_id)

    def visit(self, server, emails):
        """Look at the page of each email and its history, and find each in the list."""
        missing = {email.app_id for email in emails}
        for app_id in missing:
            self.ida.get(server, f"/a/{app_id}/")
            self.ida.get(server, f"/a/{app_id}/history/")

        def are_listed():
            for show in ("open", "done", "archived"):  # 1.0.0 shows everything each time
                number, more = 1, True
                while more:
                    page = self.ida.get(server, f"/?show={show}&page={number}")
                    missing.difference_update(re.findall(r'href="/a/([0-9a-f-]{36})/"', page))
                    number, more = number + 1, 'rel="next"' in page
            return not missing

        wait_until(are_listed)  # others write meanwhile, and the pages of the list move

    def check(self, server):
        """All of it is there: both are still signed in, and a token that was revoked stays so."""
        page = self.ida.get(server, "/settings/")
        assert f'value="{NAME}"' in page
        assert 'data-theme="dark"' in page
        page = self.ida.get(server, "/settings/data/")
        assert page.count(WHY) == 2
        assert f'href="/a/{self.read.app_id}/"' in page
        assert "an email that has been deleted" in " ".join(page.split())
        assert self.read.email.split()[-1] in self.root.get(server, f"{ADMIN}{self.read.app_id}/change/")
        assert _ask(server, self.read_only, "GET", f"{self.read.app_id}/") == 200
        assert _ask(server, self.read_only, "POST") == 403
        assert _ask(server, self.revoked, "GET") == 401
        assert _ask(server, server.tokens["ida"], "GET", f"{self.deleted.app_id}/") == 404


class Browser:
    """Of a person who signs in once; every server with the same secret key knows them then."""

    def __init__(self, server, name):
        self._client = httpx.Client(timeout=DEADLINE, verify=PLAIN, follow_redirects=True)
        self.get(server, "/sign-in/")
        self.post(server, "/sign-in/", username=name, password=PASSWORD)

    def get(self, server, address):
        """Return the page of that address."""
        answer = self._client.get(f"{server.url}{address}")
        assert (answer.status_code, answer.url.raw_path.decode()) == (200, address), answer.text
        return answer.text

    def post(self, server, address, **data):
        """Return the page that answers, wherever it sends the browser."""
        data["csrfmiddlewaretoken"] = self._client.cookies["csrftoken"]
        answer = self._client.post(f"{server.url}{address}", data=data)
        assert answer.status_code == 200, answer.text
        return answer.text

    def close(self):
        self._client.close()


def _ask(server, token, method, rest=""):
    headers = {"Authorization": f"Token {token}"}
    address = f"{server.url}/api/applications/{rest}"
    return httpx.request(method, address, headers=headers, timeout=DEADLINE, verify=PLAIN).status_code
