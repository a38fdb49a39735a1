"""The templates as source: djLint and Djade keep the rest of their form (`make lint`)."""

from django.conf import settings

LONGEST = 120


def test_no_line_of_a_template_is_longer_than_a_diff_can_show():
    too_long = [
        f"{path.relative_to(settings.BASE_DIR)}:{number} has {len(line)} characters"
        for path in sorted((settings.BASE_DIR / "templates").rglob("*.*"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > LONGEST
    ]
    assert too_long == []
