"""Each page in each of its states: accessible, within the policy, no wider than the screen, touchable.

And in the pseudo-language, whose texts are 40 % longer, no wider than a phone.
"""

import pytest

from tests.browser import stage as states
from tests.browser.checks import (
    WIDTHS,
    assert_can_be_touched,
    assert_fits,
    assert_fits_with_larger_text,
    assert_good,
    open_everything,
)
from tests.browser.conftest import NARROW
from tests.browser.stage import STATES, sign_in
from tests.translation import pseudo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A reload of these sends a form once more, or starts over.
SENT = {"sign-in-error", "first-run-error", "signed-out"}


@pytest.fixture(scope="module")
def longer_words(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locale")
    pseudo.write(folder)
    return folder


@pytest.mark.parametrize("name", STATES)
def test_a_page_has_no_finding_and_fits_the_screen(stage, name, longer_words):
    STATES[name](stage)
    assert stage.page.locator("h1").count() == 1
    assert_good(stage.page)
    assert_fits_with_larger_text(stage.page)
    assert_can_be_touched(stage.page)
    if name in SENT:
        return
    with pseudo.served_from(longer_words):
        stage.page.reload()
        assert pseudo.MARK in stage.page.title()
        open_everything(stage.page)
        assert stage.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


FORCED = """part => {
    const style = getComputedStyle(part);
    const { color, backgroundColor, borderTopWidth, borderTopStyle, borderBottomWidth } = style;
    const canvas = getComputedStyle(document.body).backgroundColor;
    return {
        differs: backgroundColor !== canvas && backgroundColor !== 'rgba(0, 0, 0, 0)',
        isRead: color !== canvas,
        border: borderTopStyle === 'none' ? 0 : parseFloat(borderTopWidth),
        under: parseFloat(borderBottomWidth),
    };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_colours_say_is_also_seen_where_the_system_chooses_them(stage, scheme):
    """As in the contrast themes of Windows. axe can't tell: it reads the colours that were replaced."""
    stage.page.emulate_media(forced_colors="active", color_scheme=scheme, reduced_motion="reduce")

    def of(selector):
        return stage.page.locator(selector).first.evaluate(FORCED)

    states.draft(stage)
    assert of(".state .dot")["differs"]
    assert of(".accept")["isRead"]
    assert of(".accept")["border"] > of(".send")["border"] >= 1
    assert of("a.look")["isRead"]
    assert of("a.look")["under"] == 2
    assert of(".checks")["border"] >= 1


LONG = "W" * 3000
TEXTS = {
    "script": "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">",
    "long word": LONG,
    "right to left": "السيدة إيدا المحترمة،\n\nمتى يصل الطلب؟ " * 20,
    "address": "https://example.org/" + "path/" * 200 + "?q=" + "x" * 500,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_any_text_stays_within_the_page_and_is_never_obeyed(stage, text):
    stage.model.will_ask(f"{text[:150]}?", reasons=[text[:200]])
    stage.model.will_write(text)
    stage.begin(drafts=0)
    stage.open()
    assert_fits(stage.page)
    stage.person.answer(*[text] * len(stage.person.row.state["clarification_questions"]))
    for address in (stage.address, f"{stage.address}delete/", "/"):
        stage.open(address)
        open_everything(stage.page)
        assert_fits(stage.page)
        assert stage.page.title() != "taken"


def test_a_title_of_one_long_word_breaks(stage):
    stage.begin(drafts=0)
    stage.person.row.__class__.objects.update(title=LONG[:200], sender=LONG[:200])
    for address in (stage.address, "/"):
        stage.open(address)
        assert_fits(stage.page)


def test_a_visitor_reads_on_a_phone_where_they_are(stage):
    sign_in(stage)
    stage.page.set_viewport_size(NARROW)
    assert stage.page.locator(".brand span").bounding_box()["width"] > 50


INSIDE = """part => {
    const box = part.getBoundingClientRect();
    return box.width > 0 && box.left >= 0 && box.right <= document.documentElement.clientWidth;
}"""


@pytest.mark.parametrize("name", ["", "Wilhelmina-Alexandra von Habsburg"])
def test_the_top_bar_and_its_menu_fit_with_any_name(stage, owner, name):
    owner.first_name = name
    owner.save()
    stage.open("/")
    assert_fits(stage.page)
    menu = stage.page.locator(".top .menu")
    menu.locator("summary").click()
    for width in WIDTHS:
        stage.page.set_viewport_size({"width": width, "height": 640})
        for part in (menu.get_by_role("link", name="Settings"), menu.get_by_role("button", name="Sign out")):
            assert part.evaluate(INSIDE)
        # Nothing lies upon anything else in the bar.
        boxes = [part.bounding_box() for part in stage.page.locator(".top nav > *, .top .brand").all()]
        assert not any(overlap(one, other) for one in boxes for other in boxes if one is not other)


def overlap(one, other):
    return all(
        one[start] + one[length] > other[start] and other[start] + other[length] > one[start]
        for start, length in (("x", "width"), ("y", "height"))
    )
