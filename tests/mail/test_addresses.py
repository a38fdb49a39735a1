"""Addresses in header lines, as people and programs write them: who gets the reply, and who else was addressed."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant_app.mail import eml, reply_file
from assistant_app.mail.addresses import addresses_in, written
from assistant_app.mail.header import Header, pasted
from tests.mail.letters import email_of

NAMES = {
    "Anna @ Example <anna@example.org>": "Anna @ Example",
    "Dr. Anna [Sales] <anna@example.org>": "Dr. Anna [Sales]",
    "Example, Anna <anna@example.org>": "Example, Anna",
    "Anna & Söhne; Vertrieb <anna@example.org>": "Anna & Söhne; Vertrieb",
    "old@example.com <anna@example.org>": "old@example.com",
    "Anna (Sales: north) <anna@example.org>": "Anna (Sales: north)",
    '"Example, Anna" <anna@example.org>': "Example, Anna",
    "=?utf-8?q?Example=2C_=C3=84nna?= <anna@example.org>": "Example, Änna",
    "=?utf-8?Q?Example,_Anna?= <anna@example.org>": "Example, Anna",
    "=?utf-8?q?=C3=84nna_=3Canna=40example.org=3E?=": "Änna",
    "Anna Example [mailto:anna@example.org]": "Anna Example",
    "Anna Example <anna@example.org<mailto:anna@example.org>>": "Anna Example",
    "Anna Example <anna@example.org> <mailto:anna@example.org>": "Anna Example",
    "Anna Example (anna@example.org)": "Anna Example",
    "anna@example.org (Anna Example)": "Anna Example",
    "Anna Example anna@example.org": "Anna Example",
    "'anna@example.org' <anna@example.org>": "",
    "< anna@example.org >": "",
    "<@relay.example:anna@example.org>": "",
    '"Anna <anna@example.org>': "Anna",
    '"Anna <anna@example.org>"': "Anna",
    "Anna <anna@example.org": "Anna",
    "Anna <<anna@example.org>>": "Anna",
    "Anna ＜anna＠example.org＞": "Anna",
    "Anna <\u200banna@example.org>": "Anna",
    "Anna <mailto:anna@example.org>": "Anna",
    "Anna <anna@example.org.>": "Anna",
    "'Anna' <anna@example.org> (via web)": "Anna",
    "Ticket: 12 / Sales [ext] <anna@example.org>": "Ticket: 12 / Sales [ext]",
    '"Boss <boss@example.com>" <anna@example.org>': "Boss <boss@example.com>",
    "Boss <boss@example.com> <anna@example.org>": "Boss <boss@example.com>",
    "=?iso-8859-1?q?Andr=E9?= =?utf-8?q?_M=C3=BCller?= <anna@example.org>": "André Müller",
    "=?utf-8?q?Andr=C3?= =?utf-8?q?=A9?= <anna@example.org>": "André",
    "foo=?utf-8?q?=C3=A9?=bar <anna@example.org>": "fooébar",
    "mailto:anna@example.org?subject=Offer": "",
    "Anna [anna@example.org]": "Anna",
    "Anna &lt;anna@example.org&gt;": "Anna",
}
LISTS = {
    "Bob <bob@example.org>, ida@example.org": ["bob@example.org", "ida@example.org"],
    "Smith, Bob <bob@example.org>; Brevik, Ida <ida@example.org>": ["bob@example.org", "ida@example.org"],
    "Team: bob@example.org, Ida <ida@example.org>;": ["bob@example.org", "ida@example.org"],
    "Ida <ida@example.org>, IDA <Ida@Example.org>": ["ida@example.org"],
    "Bob <bob@example.org> Ida <ida@example.org>": ["bob@example.org", "ida@example.org"],
    '"a;b, c" <bob@example.org>,, ,': ["bob@example.org"],
    "=?utf-8?q?B=C3=BCro?=: bob@example.org,\r\n\tIda <ida@example.org>;": [
        "bob@example.org",
        "ida@example.org",
    ],
    '"Anna <Sales>" <bob@example.org>; "ida b"@example.org': ["bob@example.org", '"ida b"@example.org'],
    "bob@example.org ida@example.org": ["bob@example.org", "ida@example.org"],
    "bob@example.org and ida@example.org / c@example.org": [
        "bob@example.org",
        "ida@example.org",
        "c@example.org",
    ],
    "bob@example.org، ida@example.org": ["bob@example.org", "ida@example.org"],
    "'bob@example.org'; 'ida@example.org'": ["bob@example.org", "ida@example.org"],
    "undisclosed-recipients:;": [],
    '"Verborgene_Empfaenger:"': [],
    "Ida Brevik; Bob": [],
    "<>": [],
    "": [],
}


@pytest.mark.parametrize("line", NAMES)
def test_a_line_that_ends_with_an_address_has_that_address(line):
    text = eml.read(email_of(**{"from": line})).text
    (address,) = Header(pasted(text)).addresses("from")
    assert (address.addr_spec, address.display_name) == ("anna@example.org", NAMES[line])


@pytest.mark.parametrize("name", ["To", "Cc", "Reply-To"])
@pytest.mark.parametrize("line", LISTS)
def test_recipients_are_kept_in_the_text_of_a_file(name, line):
    text = eml.read(email_of(f"{name}: {line}")).text
    assert [each.addr_spec for each in Header(pasted(text)).addresses(name.lower())] == LISTS[line]


@pytest.mark.parametrize(
    ("line", "to"),
    [
        ("Reply-To: =?utf-8?b?QsO8cm8gPGJ1ZXJvQGV4YW1wbGUub3JnPg==?=", "buero@example.org"),
        ("Reply-To: Büro @ Nord <buero@example.org>", "buero@example.org"),
        ("Reply-To:\nReply-To: buero@example.org", "buero@example.org"),
        ("Reply-To: ", "anna@example.org"),
        ("Reply-To: <>", "anna@example.org"),
        ("Reply-To: nobody:;", "anna@example.org"),
        ("Reply-To: not an address", "anna@example.org"),
    ],
)
def test_a_reply_goes_where_reply_to_says_if_it_says_an_address(line, to):
    text = eml.read(email_of(line)).text
    assert [each.addr_spec for each in Header(pasted(text)).addresses("reply-to", "from")] == [to]


def test_recipients_may_have_a_line_each():
    email = email_of(
        "To: Bob <bob@example.org>", "Cc: c@example.org", "Cc: d@example.org", to="a@example.org"
    )
    header = Header(pasted(eml.read(email).text))
    assert written(header.addresses("to")) == "a@example.org, Bob <bob@example.org>"
    assert written(header.addresses("cc")) == "c@example.org, d@example.org"


def test_an_encoded_comma_between_addresses_ends_the_first():
    line = "=?utf-8?q?=C2=AA?= <ida@example.org>, post@mail.example.com\r\n =?utf-8?q?=2C?= Otto <otto@example.org>"
    found = [address.addr_spec for address in addresses_in(line)]
    assert found == ["ida@example.org", "post@mail.example.com", "otto@example.org"]


def test_a_name_keeps_nothing_behind_an_encoded_line_break():
    line = "=?utf-8?q?Anna=0D=0ABcc:_evil=40evil.example?= <anna@example.org>"
    assert written(addresses_in(line)) == "Anna <anna@example.org>"


def test_hundreds_of_recipients_are_counted_and_not_dropped_in_silence():
    line = ", ".join(f"p{number}@example.org" for number in range(300))
    text = eml.read(email_of(f"To: {line}")).text
    assert "p199@example.org, and more\n" in text
    assert len(Header(pasted(text)).addresses("to")) == 200


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
NAME = st.lists(WORDS, max_size=3).map(" ".join)
LOCAL = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\.[a-z0-9]{1,5})?", fullmatch=True)


@given(st.lists(st.tuples(NAME, LOCAL), min_size=1, max_size=4, unique_by=lambda pair: pair[1]))
def test_addresses_that_were_written_are_read_back(pairs):
    wanted = [Address(name, local, "example.org") for name, local in pairs]
    found = addresses_in(written(wanted))
    assert [each.addr_spec for each in found] == [each.addr_spec for each in wanted]


def test_the_reply_names_the_address_and_not_a_part_of_the_name():
    message = message_from_bytes(
        reply_file.as_message(
            "From: Anna @ Example <anna@example.org>\n\nHi", "ok", datetime(2026, 11, 29, tzinfo=UTC)
        ),
        policy=policy.default,
    )
    assert [each.addr_spec for each in message["To"].addresses] == ["anna@example.org"]
