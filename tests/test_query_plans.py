"""PostgreSQL uses indexes for the common queries, and compresses long texts."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q

from assistant_app.models import Application, BurrState
from tests.services import on_postgresql

pytestmark = [on_postgresql, pytest.mark.postgresql, pytest.mark.django_db]

FILL = """
INSERT INTO auth_user (
    username, password, first_name, last_name, email, is_active, is_staff, is_superuser, date_joined)
SELECT 'user' || n, '!', '', '', '', true, false, false, now() FROM generate_series(1, 200) n;

INSERT INTO assistant_app_application (
    id, owner_id, title, sender, state, position, status, next_step, version,
    lease_token, lease_expires_at, error_code, error_message, created_at, updated_at)
SELECT gen_random_uuid(), first.id + n % 200, 'Email ' || n, '', '{}', '',
    CASE WHEN n % 1000 = 0 THEN 'running' ELSE 'waiting' END, 'process_input', 0,
    CASE WHEN n % 1000 = 0 THEN gen_random_uuid() END,
    CASE WHEN n % 1000 = 0 THEN now() + (n % 7 - 3) * interval '1 minute' END,
    '', '', now(), now() - n * interval '1 second'
FROM generate_series(1, 100000) n, (SELECT min(id) AS id FROM auth_user WHERE username LIKE 'user%') first;

ANALYZE assistant_app_application;
"""


@pytest.fixture
def plenty(db):
    with connection.cursor() as cursor:
        cursor.execute(FILL)


def test_the_newest_emails_of_a_person_come_from_their_index(plenty):
    user = get_user_model().objects.get(username="user7")

    plan = Application.objects.owned_by(user).newest_first()[:25].explain()

    assert "application_owner_newest" in plan
    assert "Sort" not in plan


def test_runs_with_an_expired_lease_come_from_their_index(plenty):
    plan = Application.objects.with_expired_lease().explain()

    assert "application_running" in plan


def test_the_newest_emails_of_everybody_come_from_their_index(plenty):
    plan = Application.objects.order_by("-updated_at")[:50].explain()

    assert "application_newest" in plan
    assert "Sort" not in plan


def test_titles_and_senders_are_found_by_their_trigrams(plenty):
    found = Application.objects.filter(Q(title__icontains="Email 1234") | Q(sender__icontains="Email 1234"))

    assert found.explain().count("application_search") == 2


LONG_TEXTS = """
SELECT attrelid::regclass || '.' || attname, attcompression = 'l' FROM pg_attribute
WHERE (attrelid::regclass::text, attname) IN (
    ('assistant_app_application', 'state'), ('assistant_app_step', 'changes'),
    ('assistant_app_modelcall', 'messages'), ('assistant_app_modelcall', 'reply'))
"""
HAS_LZ4 = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"


def test_long_texts_are_compressed_with_lz4_where_the_server_has_it(db):
    with connection.cursor() as cursor:
        cursor.execute(HAS_LZ4)
        (has_lz4,) = cursor.fetchone()
        cursor.execute(LONG_TEXTS)
        compressed = dict(cursor.fetchall())
    assert len(compressed) == 4
    assert set(compressed.values()) == {has_lz4}


FILL_STATES = """
INSERT INTO assistant_app_burrstate (
    partition_key, app_id, sequence_id, position, status, state, created_at)
SELECT 'p' || n % 10, 'a' || n % 1000, n / 1000, 'tick', 'completed', '{}', now()
FROM generate_series(1, 100000) n;

ANALYZE assistant_app_burrstate;
"""


def test_the_newest_state_of_a_burr_program_comes_from_its_index():
    with connection.cursor() as cursor:
        cursor.execute(FILL_STATES)
    rows = BurrState.objects.filter(partition_key="p7", app_id="a7").order_by("-pk")

    plan = rows[:1].explain()

    assert "burr_state_newest" in plan
    assert "Sort" not in plan
    assert BurrState.objects.newest("p7", "a7").sequence_id == 99
