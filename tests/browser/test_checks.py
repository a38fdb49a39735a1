"""The guard off: what is asked of every page finds a page that is broken, in whichever way."""

import pytest

from tests.browser.checks import assert_good

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = """<!doctype html><html lang="en"><head><title>A page</title><style>
    :root {{ color-scheme: light dark; background: light-dark(#fff, #000); color: light-dark(#000, #fff); }}
    {style}
</style></head><body><main><h1>A page</h1><p>A text and <a href="/">a link</a> in it</p>{more}</main></body>
</html>"""
PALE = "p { color: #777; background: #888; }"
BROKEN = {
    "image-alt": {"more": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"},
    "color-contrast": {"style": PALE},
    "color-contrast in light": {"style": "p { color: light-dark(#eee, #fff); }"},
    "color-contrast in dark": {"style": "p { color: light-dark(#000, #111); }"},
    "color-contrast on a wide screen": {"style": f"@media (min-width: 50rem) {{ {PALE} }}"},
    "color-contrast on a narrow screen": {"style": f"@media (max-width: 49rem) {{ {PALE} }}"},
    "color-contrast in what is folded": {
        "style": PALE.replace("p", "i", 1),
        "more": "<details><summary>More</summary><i>Pale</i></details>",
    },
    "link-in-text-block in dark": {
        "style": "p { color: light-dark(#000, #fff); } "
        "a { color: light-dark(#707070, #ddd); text-decoration: none; }"
    },
}
MOVES_IN_DARK = "@media (prefers-color-scheme: dark) { p { padding: 1px; } }"


@pytest.fixture
def show(open_window):
    page = open_window()

    def show(style="", more=""):
        page.set_content(PAGE.format(style=style, more=more))
        return page

    return show


def test_a_page_without_a_fault_is_good(show):
    assert_good(show())


def test_every_fault_is_found(show):
    for fault, parts in BROKEN.items():
        with pytest.raises(AssertionError, match=fault.partition(" ")[0]):
            assert_good(show(**parts))


def test_a_page_that_is_laid_out_differently_in_dark_is_refused(show):
    with pytest.raises(AssertionError, match="p   true"):
        assert_good(show(style=MOVES_IN_DARK))
