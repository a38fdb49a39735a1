"""The lists with 100,000 applications: queries and latency."""

from functools import partial
from hashlib import md5
from uuid import UUID

import psycopg

from tests.benchmarks.client import Client, repeated
from tests.benchmarks.flow import check
from tests.benchmarks.report import judged, ms, percentile, table
from tests.benchmarks.stage import run_beside, served, sessions

TIMES = 30
MOST_QUERIES = 12
MOST_MS = 150
ONE = UUID(md5(b"application10").hexdigest())
PATHS = [
    ("ida", "/", "a person's list"),
    ("ida", "/?show=waiting&page=100", "the same, filtered, page 100"),
    ("ida", "/?q=quarter", "the same, searched"),
    ("ida", "/api/applications/", "API: a person's list"),
    ("root", "/admin/assistant_app/application/", "admin: all of them"),
    ("root", "/admin/assistant_app/application/?owner=ida", "the same, of one person"),
    ("root", "/admin/assistant_app/application/?q=12345", "the same, searched"),
    ("root", f"/admin/assistant_app/application/{ONE}/change/", "admin: one of them"),
]
# Each with its four steps and a state of a common size.
FILL = """
INSERT INTO auth_user (
    username, password, first_name, last_name, email, is_active, is_staff, is_superuser, date_joined)
SELECT 'user' || n, '!', '', '', '', true, false, false, now() FROM generate_series(1, 200) n;

INSERT INTO assistant_app_application (
    id, owner_id, title, sender, state, sequence_id, last_sequence_id, position, status, next_step, version,
    error_code, error_message, created_at, updated_at)
SELECT md5('application' || n)::uuid,
    CASE WHEN n % 10 = 0 THEN ida.id ELSE first.id + n % 200 END,
    'Email ' || n, 'person' || n || '@example.org',
    jsonb_build_object(
        'incoming_email', texts.mail, 'response_instructions', 'Yes.', 'clarification_questions', '[]'::jsonb,
        'current_draft', texts.draft, 'draft_history', jsonb_build_array(texts.draft)),
    3, 3, 'formulate_draft', 'waiting', 'process_feedback', 4, '', '', now(), now() - n * interval '1 second'
FROM generate_series(1, 100000) n,
    LATERAL (SELECT string_agg(md5((n * 100 + i)::text), ' ') AS mail, repeat(md5(n::text), 8) AS draft
             FROM generate_series(1, 24) i) texts,
    (SELECT min(id) AS id FROM auth_user WHERE username LIKE 'user%') first,
    (SELECT id FROM auth_user WHERE username = 'ida') ida;

INSERT INTO assistant_app_step (
    application_id, sequence_id, base, position, status, changes, error_code, error_message,
    started_at, finished_at)
SELECT id, n, nullif(n - 1, -1),
    (ARRAY['process_input', 'determine_clarifications', 'clarify_instructions', 'formulate_draft'])[n + 1],
    'completed', '{}', '', '', updated_at, updated_at
FROM assistant_app_application, generate_series(0, 3) n;
"""


def measure():
    with served(people=("ida",), env={"API_RATE_USER": "100000/minute"}) as server:
        cookies = dict(zip(("ida", "root"), sessions(server, "ida", "root"), strict=True))
        fill(server)
        counts = run_beside(
            server, "tests.benchmarks.count", "paths", *(f"{person}={path}" for person, path, _ in PATHS)
        )
        rows = []
        for person, path, name in PATHS:
            client = Client(server.url, session=cookies[person])
            check(client.get(path))
            times = repeated(partial(client.get, path), TIMES)
            p50, p95 = (percentile(times, part) for part in (50, 95))
            targets = judged(counts[path], MOST_QUERIES), judged(p95 * 1000, MOST_MS, "ms")
            rows.append([name, counts[path], targets[0], ms(p50), ms(p95), targets[1]])
            client.close()
    yield "## Lists with 100,000 applications\n"
    yield "PostgreSQL, one web process; the person whose list it is owns 10,000 of them.\n"
    yield table(["", "queries", "target", "p50 ms", "p95 ms", "target"], rows)


def fill(server):
    with psycopg.connect(server.database.url, autocommit=True) as connection:
        connection.execute(FILL)
        connection.execute("VACUUM ANALYZE")
