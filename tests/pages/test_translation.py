"""Our own texts in another language: translated on pages, English in the API and in rows."""

import uuid

import pytest

from tests.catalogue import speaking

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def in_esperanto(tmp_path):
    """Show pages in a language that has only these texts."""
    return lambda texts, plurals=None: speaking(tmp_path, texts, plurals or {})


def test_what_is_wrong_with_a_field_is_translated_with_its_values(browser, in_esperanto):
    with in_esperanto({"It has %(length)s characters; %(most)s fit.": "%(most)s signoj, ne %(length)s."}):
        page = browser.client.post("/settings/identities/", {"name": "x" * 234, "addresses": ""})
    assert page.status_code == 400
    assert "200 signoj, ne 234." in page.content.decode()


def test_an_error_is_translated_on_a_page_and_english_in_the_api(browser, api, person, in_esperanto):
    unfit = {"email_to_respond": "", "response_instructions": ""}
    problem = "Paste the email you’re replying to."
    with in_esperanto({problem: "Algluu la retmesaĝon."}):
        page = browser.client.post("/new/", {**unfit, "app_id": str(uuid.uuid4())})
        answer = api.put(f"/api/applications/{person.app_id}/initialize_draft/", unfit, format="json")
    assert "Algluu la retmesaĝon." in page.content.decode()
    assert problem not in page.content.decode()
    assert problem in answer.content.decode()
