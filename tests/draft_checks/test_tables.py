"""The word tables of the checks are those that the generator writes."""

from tests.draft_checks import make_tables


def test_the_tables_are_as_generated():
    assert make_tables.WRITTEN.read_text() == make_tables.written()
