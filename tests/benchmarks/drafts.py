"""What one more draft of the same email costs, from the first to the fiftieth: time and stored bytes."""

from tests.benchmarks.client import timed
from tests.benchmarks.flow import FEEDBACK, INPUT, address, check
from tests.benchmarks.report import judged, ms, percentile, table
from tests.benchmarks.stage import api_clients, served

EMAILS = 5
DRAFTS = 50
CHARACTERS = 2000  # of a draft
SHOWN = (2, 5, 10, 20, 30, 40, 50)
EARLY, LATE = 5, 50
AROUND = 2  # so many drafts before and after give the time of one
MOST_KB = 300
TIMES_EARLY = 1.5

# Texts as JSON writes them, before the database packs them.
STATE = "SELECT sum(octet_length(a::text)) FROM assistant_app_application a WHERE id = '{}'"
STEPS = (
    "SELECT s.sequence_id, octet_length(s::text) FROM assistant_app_step s "
    "WHERE s.application_id = '{}' ORDER BY s.sequence_id"
)
STORED = (
    "SELECT (SELECT sum(pg_column_size(a.*)) FROM assistant_app_application a WHERE id = '{0}') + "
    "(SELECT sum(pg_column_size(s.*)) FROM assistant_app_step s WHERE s.application_id = '{0}')"
)


def measure():
    with served(characters=CHARACTERS, people=("ida",)) as server:
        client = api_clients(server)[0]
        write_drafts(client)
        emails = [write_drafts(client) for _ in range(EMAILS)]
        app_id = emails[0][0]
        row, steps, stored = stored_of(server, app_id)
        fork = check(client.post(address(app_id, "fork"), {"draft": DRAFTS}), 201).json()["app_id"]
        fork_row, fork_steps, _ = stored_of(server, fork)
    times = {n: time_of(n, [times for _, times in emails]) for n in SHOWN}
    sizes = {n: sum(steps[-2 * (DRAFTS - n + 1) :][:2]) for n in SHOWN}  # each draft has two steps
    yield "## One more draft of the same email\n"
    yield f"{DRAFTS} drafts of {CHARACTERS:,} characters; PostgreSQL, one person; feedback n makes draft n.\n"
    rows = [[n, ms(times[n]), f"{times[n] / times[EARLY]:.2f}", f"{sizes[n]:,}"] for n in SHOWN]
    yield table(["draft", "p50 ms", f"times draft {EARLY}", "bytes of its steps"], rows)
    longer, larger = times[LATE] / times[EARLY], sizes[LATE] / sizes[EARLY]
    yield table(
        ["", "figure", "target"],
        [
            [f"draft {LATE} in draft {EARLY}'s time", f"{longer:.2f}", judged(longer, TIMES_EARLY, "times")],
            [f"draft {LATE} in draft {EARLY}'s bytes", f"{larger:.2f}", judged(larger, TIMES_EARLY, "times")],
            kilobytes("Application and Step rows, as text", row + sum(steps)),
            kilobytes("the same, as PostgreSQL counts it", stored),
        ],
    )
    yield "A fork at the last draft: its row, which every application has, and its first step.\n"
    rows = [["row", kb(fork_row)], ["first step", kb(sum(fork_steps))]]
    yield table(["of a fork, as text", "stored"], rows)


def stored_of(server, app_id):
    """Return the bytes of an email's row, of each of its steps, and of all of them as PostgreSQL counts."""
    steps = [size for _, size in server.rows(STEPS.format(app_id))]
    return server.rows(STATE.format(app_id))[0][0], steps, server.rows(STORED.format(app_id))[0][0]


def kb(size):
    return f"{size / 1000:.{0 if size > 1000 else 1}f} KB"


def kilobytes(name, size):
    return [name, kb(size), judged(size / 1000, MOST_KB, "KB")]


def write_drafts(client):
    """Answer an email with so many drafts; return its id and the seconds of each from the second on."""
    app_id = check(client.post("/api/applications/"), 201).json()["app_id"]
    check(client.put(address(app_id, "initialize_draft"), INPUT))

    def feedback():
        return check(client.put(address(app_id, "process_feedback"), {"feedback": FEEDBACK}))

    return app_id, [seconds for _, seconds in timed((n, feedback) for n in range(2, DRAFTS + 1))]


def time_of(draft, emails):
    """Return the median time of the drafts around this one, over all emails."""
    around = range(max(2, draft - AROUND), min(DRAFTS, draft + AROUND) + 1)
    return percentile([times[n - 2] for times in emails for n in around], 50)
