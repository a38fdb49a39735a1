"""The version: one number, on every door, and in step with the changelog."""

import re
from pathlib import Path

import pytest
from packaging.version import Version

from emailassistant import __version__

ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
HEADING = re.compile(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", re.MULTILINE)
FOOTER = re.compile(r"<footer[^>]*>\s*Email assistant (\S+)\s*</footer>")


def releases():
    """Return the released versions, newest first, as the changelog has them."""
    return [Version(name) for name, day in HEADING.findall(CHANGELOG) if name != "Unreleased"]


# --- On the doors --------------------------------------------------------------------------------


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


# --- In the changelog ----------------------------------------------------------------------------


def test_the_code_is_the_newest_release_or_a_development_version_after_it():
    code, newest = Version(__version__), releases()[0]
    assert code > newest if code.is_devrelease else code == newest


def test_unreleased_changes_come_first_and_releases_have_a_day_and_are_in_order():
    headings = HEADING.findall(CHANGELOG)
    assert len(headings) == len(re.findall(r"^## ", CHANGELOG, re.MULTILINE))
    assert headings[0] == ("Unreleased", "")
    assert all(day for _, day in headings[1:])
    assert releases() == sorted(releases(), reverse=True)


def test_the_upgrade_test_begins_at_the_newest_release_before_this_code():
    before = next(version for version in releases() if version < Version(__version__))
    archives = [path.name for path in (ROOT / "tests/upgrade").glob("*.tar.xz")]
    assert archives == [f"{before}.tar.xz"]
