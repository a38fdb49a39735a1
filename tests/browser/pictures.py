"""Takes a picture of each page in each state, wide and narrow, light and dark: `make pictures`.

No test: it is not collected by itself. Where the pictures go is told by PICTURES.
"""

import os
from pathlib import Path

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.browser.stage import STATES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCHEMES = os.environ.get("SCHEMES", "light dark").split()
FOLDER = Path(os.environ.get("PICTURES", ".local/pictures"))


@pytest.mark.parametrize("name", STATES)
def test_picture(stage, name):
    FOLDER.mkdir(parents=True, exist_ok=True)
    STATES[name](stage)
    for viewport in (WIDE, NARROW):
        for scheme in SCHEMES:
            stage.page.set_viewport_size(viewport)
            stage.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            path = FOLDER / f"{name}-{viewport['width']}-{scheme}.png"
            stage.page.screenshot(path=path, full_page=True)
