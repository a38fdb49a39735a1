"""The version: one number, on every door."""

import re

import pytest

from emailassistant import __version__

FOOTER = re.compile(r"<footer[^>]*>\s*Email assistant (\S+)\s*</footer>")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/", "/new/", "/settings/", "/nowhere/", "/api/applications/", "/admin/"]
)
def test_every_page_ends_with_the_version(client, operator, address):
    client.force_login(operator)
    page = client.get(address, headers={"Accept": "text/html"})
    assert FOOTER.findall(page.content.decode()) == [__version__]


@pytest.mark.django_db
@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("address", ["/sign-in/", "/admin/login/"])
def test_the_pages_to_sign_in_end_with_the_version(client, address):
    assert FOOTER.findall(client.get(address).content.decode()) == [__version__]


@pytest.mark.django_db
def test_the_schema_has_the_version(client, operator):
    client.force_login(operator)
    schema = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    assert schema["info"]["version"] == __version__
