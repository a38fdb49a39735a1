"""What grows with the people and their emails: list, state and submit, with a thousand and with a million.

The people who are measured have a hundred emails each in both; the others are there to be in the way.
"""

from itertools import chain

import psycopg

from tests.benchmarks import floors
from tests.benchmarks.client import repeated, timed
from tests.benchmarks.flow import DRAFTING, api, check
from tests.benchmarks.report import judged, ms, percentile, table
from tests.benchmarks.stage import api_clients, page_clients, served

FEW, MANY = 1_000, 1_000_000
EMAILS_EACH = 100  # so a thousand are ten people's, a million ten thousand people's
ROUNDS, FLOWS = 120, 60
MOST_TIMES = 1.5
LISTS = {
    "list, API": "/api/applications/",
    "list, page": "/",
    "list, one status": "/?show=waiting&page=2",
}

FILL = """
INSERT INTO auth_user (
    username, password, first_name, last_name, email, is_active, is_staff, is_superuser, date_joined)
SELECT 'user' || n, '!', '', '', '', true, false, false, now()
FROM generate_series(%(first)s::int, %(last)s::int) n
ON CONFLICT DO NOTHING;

INSERT INTO assistant_app_application (
    id, owner_id, title, sender, state, sequence_id, last_sequence_id, position, status, next_step, version,
    error_code, error_message, created_at, updated_at)
SELECT md5('scale' || u.id || '.' || n)::uuid, u.id, 'Email ' || n, 'person' || n || '@example.org',
    jsonb_build_object(
        'incoming_email', repeat(md5(n::text) || ' ', 8), 'response_instructions', 'Yes.',
        'clarification_questions', '[]'::jsonb, 'current_draft', repeat(md5(n::text), 8),
        'draft_history', jsonb_build_array(repeat(md5(n::text), 8))),
    3, 3, 'formulate_draft', 'waiting', 'process_feedback', 4, '', '', now(),
    now() - (u.id + n * 7) %% 100000 * interval '1 minute'
FROM auth_user u, generate_series(1, %(each)s) n
WHERE u.username = ANY(
    %(people)s::text[] || ARRAY(SELECT 'user' || k FROM generate_series(%(first)s::int, %(last)s::int) k));

INSERT INTO assistant_app_step (
    application_id, sequence_id, base, position, status, changes, error_code, error_message,
    started_at, finished_at)
SELECT id, n, nullif(n - 1, -1),
    (ARRAY['process_input', 'determine_clarifications', 'clarify_instructions', 'formulate_draft'])[n + 1],
    'completed', '{}', '', '', updated_at, updated_at
FROM assistant_app_application, generate_series(0, 3) n
ON CONFLICT DO NOTHING;
"""


def measure():
    with served(env={"API_RATE_USER": "100000/minute"}, **floors.QUESTION) as server:
        others = FEW // EMAILS_EACH - 1
        fill(server, people=server.people[:1], first=1, last=others)
        few = figures(server)
        fill(server, people=[], first=others + 1, last=MANY // EMAILS_EACH - 1)
        many = figures(server)
        stored = size_of(server)
    rows = [
        [
            name,
            ms(before),
            ms(many[name]),
            f"{many[name] / before:.2f}",
            judged(many[name] / before, MOST_TIMES),
        ]
        for name, before in few.items()
    ]
    yield f"## A thousand emails, and a million of {MANY // EMAILS_EACH:,} people\n"
    yield f"PostgreSQL, one web process, one person with {EMAILS_EACH} of them; p50.\n"
    yield table(["", f"{FEW:,}: ms", f"{MANY:,}: ms", "times", "target"], rows)
    yield f"The database holds {stored} then.\n"


def figures(server):
    """Return the median seconds of each request."""
    (client,), (browser,) = api_clients(server, 1), page_clients(server, 1)
    taken = {}
    for name, path in LISTS.items():
        who = client if path.startswith("/api") else browser
        taken[name] = times_of(who, path)
    calls = list(chain.from_iterable(timed(api(client)) for _ in range(FLOWS)))
    for name, label in {"read": "state", "input": "submit the email", DRAFTING: "submit feedback"}.items():
        taken[label] = percentile([took for made, took in calls if made == name], 50)
    for one in (client, browser):
        one.close()
    return taken


def times_of(client, path):
    return percentile(repeated(lambda: check(client.get(path)), ROUNDS)[10:], 50)


def fill(server, *, people, first, last):
    with psycopg.connect(server.database.url, autocommit=True) as connection:
        told = {"people": list(people), "first": first, "last": last, "each": EMAILS_EACH}
        connection.execute("SET session_replication_role = replica")  # no look at each row's foreign keys
        for statement in filter(str.strip, FILL.split(";\n")):
            connection.execute(statement, told if "%(" in statement else None)
        connection.execute("VACUUM ANALYZE")


def size_of(server):
    with psycopg.connect(server.database.url) as connection:
        return connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()[0]
