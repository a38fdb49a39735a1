"""The flow that is measured: one email from its creation to the accepted draft, over API and pages.

Three calls of the model: for the question, the first draft and the second. A client is `client.Client`, or
what stands for it where the queries are counted.
"""

EMAIL = "From: Marta <marta@example.org>\nSubject: Late delivery\n\n" + "Where are my 96 sensors? " * 40
INPUT = {"email_to_respond": EMAIL, "response_instructions": "60 ship on Thursday."}
FEEDBACK = "Shorter, please."
QUESTION = "Until when?"
READ, DRAFTING = "read", "feedback"


def api(client):
    """Yield the name of each request and how to make it: six."""
    made = {}

    def create():
        made["id"] = check(client.post("/api/applications/"), 201).json()["app_id"]

    def put(step, data):
        return check(client.put(address(made["id"], step), json=data))

    yield "create", create
    yield "input", lambda: put("initialize_draft", INPUT)
    yield "answers", lambda: put("clarify_instructions", {"answers": ["On 10 December."]})
    yield DRAFTING, lambda: put("process_feedback", {"feedback": FEEDBACK})
    yield "accept", lambda: put("process_feedback", {"feedback": ""})
    yield READ, lambda: check(client.get(address(made["id"], "state")))


def pages(client):
    """The same as a browser does it: forms, redirects, and the stream of each run."""
    made = {}

    def first_form():
        check(client.show("/new/"))

    def send_input():
        made["page"] = check(client.send("/new/", INPUT)).path

    def follow():
        check(client.follow(f"{made['page']}stream/"))

    def page():
        check(client.show(made["page"]))

    def send(step, typed):
        check(client.send(f"{made['page']}{step}/", typed))

    def reply():
        check(client.get(f"{made['page']}reply.txt"))

    yield "form", first_form
    yield "send the input", send_input
    yield "stream", follow
    yield "page", page
    yield "send the answers", lambda: send("clarify_instructions", {"answers": ["On 10 December."]})
    yield "stream", follow
    yield "page", page
    yield "send feedback", lambda: send("process_feedback", {"feedback": FEEDBACK})
    yield "stream", follow
    yield "page", page
    yield "accept", lambda: send("process_feedback", {"accept": "yes"})
    yield "stream", follow
    yield "reply", reply


def address(app_id, last):
    return f"/api/applications/{app_id}/{last}/"


def check(answer, status=200):
    assert answer.status_code == status, (answer.status_code, answer.content[:500])
    return answer
