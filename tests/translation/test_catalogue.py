"""The catalogues hold every string that is marked, and are compiled."""

from tests.translation import catalogue


def test_every_catalogue_is_up_to_date_and_compiled():
    stale = [path.name for path, data in catalogue.catalogues() if path.read_bytes() != data]
    assert stale == [], "Run `make messages` and commit what it writes."
