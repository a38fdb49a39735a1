"""Mail designed to keep the program busy: the time to read it grows only with its length."""

import pytest

from assistant_app.mail.quotes import quoted_in, without_quoted
from assistant_app.mail.text import headline
from tests.conftest import before_long

LONGEST = 200_000  # characters: as many as an email may have


@pytest.mark.parametrize("read", [headline, quoted_in, without_quoted])
@pytest.mark.parametrize("piece", [" ", "<", "@", "1", ":", "On 1 "])
@pytest.mark.parametrize("start", ["From: Marta", "Hi\n\n"])
def test_a_long_line_that_means_ill_is_read_before_long(read, start, piece):
    with before_long(5):
        read(f"{start}{piece * (LONGEST // len(piece))}end\n\nHello?")
