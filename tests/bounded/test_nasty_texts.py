"""Every address, with texts of every nasty kind at the size limits: a second of CPU for each.

The addresses come from the URL table, so a new one is tested without being listed.
"""

import pytest
from django.conf import settings as django_settings

from tests.bounded.door import walk
from tests.bounded.nasty import FEW, KINDS
from tests.bounded.visits import visit

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ONLY_ON_SQLITE = pytest.mark.skipif(
    not django_settings.IS_SQLITE, reason="our CPU is the same with both databases, and this takes minutes"
)


def on_both_or_one():
    return [
        pytest.param(kind, id=name, marks=() if name in FEW else ONLY_ON_SQLITE)
        for name, kind in KINDS.items()
    ]


@pytest.mark.parametrize("kind", on_both_or_one())
def test_no_text_takes_more_than_a_second_anywhere(kind, door, model):
    row = walk(door, model, kind)
    admin = f"/admin/assistant_app/application/{row.pk}/"
    door.ask("post", f"{admin}read/", {"reason": "The owner asked for help with it"})
    visit(door, row.pk, kind)
    assert door.too_slow == {}
