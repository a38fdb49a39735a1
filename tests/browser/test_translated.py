"""Pages in the pseudo-language, whose texts are 40 % longer, on a phone."""

import pytest

from tests.browser.checks import open_everything
from tests.browser.conftest import NARROW
from tests.browser.stage import STATES
from tests.translation import pseudo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A reload of these sends a form once more, or starts over.
SENT = {"sign-in-error", "first-run-error", "signed-out"}


@pytest.mark.parametrize("name", [name for name in STATES if name not in SENT])
def test_longer_words_do_not_make_a_page_scroll_sideways(stage, tmp_path, name):
    STATES[name](stage)
    stage.page.set_viewport_size(NARROW)
    with pseudo.spoken(tmp_path):
        stage.page.reload()
        assert pseudo.MARK in stage.page.title()
        open_everything(stage.page)
        assert stage.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
