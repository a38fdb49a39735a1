"""The icons: a file each, sent as one sprite a page."""

import re

from django.conf import settings

TEMPLATES = settings.BASE_DIR / "templates"


def test_every_icon_that_a_template_names_has_a_file():
    templates = [path.read_text() for path in TEMPLATES.rglob("*.html")]
    named = {name for text in templates for name in re.findall(r'{% icon "(\w+)"', text)}
    assert named
    assert named <= {path.stem for path in (TEMPLATES / "icons").glob("*.svg")}


def test_a_page_holds_each_icon_once_and_draws_them_from_there(browser):
    html = browser.open("/new/").response.content.decode()
    symbols = re.findall(r'<symbol id="(\w+)" viewBox="0 0 24 24"><(?:path|circle) ', html)
    assert symbols == sorted(path.stem for path in (TEMPLATES / "icons").glob("*.svg"))
    drawn = set(re.findall(r'<use href="#(\w+)">', html))
    assert drawn
    assert drawn <= set(symbols)
