"""HTML as a person sees it: what is hidden, told apart or leads somewhere."""

import pytest

from assistant_app.mail import eml, html_text
from tests.mail.letters import email_of, multipart, part

HIDDEN = [
    "<div style='display:none'>{}</div>",
    "<div style='DISPLAY : none !important; color:red'>{}</div>",
    "<span style='visibility:hidden'>{}</span>",
    "<p hidden>{}</p>",
    "<div style='opacity:0'>{}</div>",
    "<div style='font-size:0px'>{}</div>",
    "<div style='font-size:1px;line-height:1px'>{}</div>",
    "<div style='max-height:0;overflow:hidden'>{}</div>",
    "<div style='position:absolute;left:-9999px'>{}</div>",
    "<div style='text-indent:-9999px'>{}</div>",
    "<p style='color:#ffffff'>{}</p>",
    "<p style='color:white;background-color:#fefefe'>{}</p>",
    "<table bgcolor='#336699'><tr><td style='color:rgb(51,102,153)'>{}</td></tr></table>",
    "<font color='#fff'>{}</font>",
    "<p style='color:transparent'>{}</p>",
    "<style>.pre { display: none } @media screen { p { color: red } }</style><div class='a pre'>{}</div>",
    "<style>#pre{font-size:0}</style><div id=pre><b>{}</b></div>",
    "<b><div style='display:none'>x</b>{}</div>",
    "<table><tr style='display:none'><td>{}</td></tr></table>",
    "<template>{}</template>",
    "<i class=late>{}</i><style>.late{display:none}</style>",
    "<style media=screen>.on{display:none}</style><i class=on>{}</i>",
    "<div style='background:#000'>{}</div>",
    *(f"<{tag}>{{}}</{tag}>" for tag in ("dialog", "datalist", "noframes", "iframe", "div popover")),
]
SEEN = [
    "<div style='display:block'>{}</div>",
    "<div style='font-size:0'><span style='font-size:14px'>{}</span></div>",
    "<div style='background:#000'><p style='color:#fff'>{}</p></div>",
    "<table bgcolor=navy><tr><td><font color=white>{}</font></td></tr></table>",
    "<div style='background-image:url(x.png)'><p style='color:#fff'>{}</p></div>",
    "<style>.dark td{background:#000}</style><table class=dark><tr><td style='color:#fff'>{}</td></tr></table>",
    "<style>.dark{background:#000}</style><div class=dark><p style='color:#fff'>{}</p></div>",
    "<style>@media (max-width:600px){.wide{display:none}}</style><p class=wide>{}</p>",
    "<div style='visibility:hidden'><b style='visibility:visible'>{}</b></div>",
    "<div style='max-height:0'>{}</div>",
    "<p hidden>x<p>{}",
    "<noscript>{}</noscript>",
    "<table><tr><td style='font-size:1px'><table><tr><td style='font-size:14px'>{}</td></tr></table></td></tr></table>",
    "<html><head><title>x</title><body><p>{}",
    "<p style='color:#fff'><a href='https://x.org'>{}</a></p>",
    "<div style='background:#000;color:#000'><a href='https://x.org'>{}</a></div>",
    "<style media=print>.paper{display:none}</style><i class=paper>{}</i>",
    "<font color=white>{}</font><body bgcolor=black>",
    "<body bgcolor=black text=white></body></html>{}",
    "<style>body{background:#123}</style><p style='color:#fff'>{}</p>",
    "<table bgcolor=#000000><font color=#000000>{}</font></table>",
    "<style>p:first-child{color:#fff}</style><div style='background:#000'><p>{}</p></div>",
    "<dialog open>{}</dialog>",
]


@pytest.mark.parametrize("html", HIDDEN)
def test_hidden_text_is_left_out_and_reported(html):
    data = f"<p>Please confirm 40.</p>{html.replace('{}', 'the price is 0')}<p>Thanks</p>".encode()
    mail = eml.read(email_of("Content-Type: text/html; charset=utf-8", body=data))
    assert "the price is 0" not in mail.text
    assert mail.text.endswith("Thanks") or "template" in html
    if "template" not in html:
        assert any("The email hides" in note for note in mail.notes)


@pytest.mark.parametrize("html", SEEN)
def test_text_that_can_be_seen_stays(html):
    assert "the price is 40" in html_text.to_text(f"<p>Hello</p>{html.replace('{}', 'the price is 40')}")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<table><tr><td><p>Pump</p></td><td><p>2</p></td><td><p>10.50</p></td></tr>"
            "<tr><td><p>Valve</p></td><td><p>&nbsp;</p></td><td><p>7.00</p></td></tr></table>",
            "Pump | 2 | 10.50\nValve |  | 7.00",
        ),
        ("<table><tr><th>A<th>B<tr><td>1<td>2</table>x", "A | B\n1 | 2\n\nx"),
        ("<table><tr><td>Street 1<br>Town</td><td>x</td></tr></table>", "Street 1 / Town | x"),
        ("<table><tr><td>a<br>b<br>c<br>d</td><td>e</td></tr></table>", "a\nb\nc\nd\ne"),
        ("<table><tr><td><table><tr><td>1</td><td>2</td></tr></table></td></tr></table>", "1 | 2"),
        (
            "<table><tr><td><table><tr><td>1</td><td>2</td></tr></table>below</td></tr></table><p>end</p>",
            "1 | 2\nbelow\n\nend",
        ),
        (
            "<table><tr><td colspan=2>Sum<td>3<tr><td colspan=3>Pumps<tr><td rowspan=2>A<td>1<td>2<tr><td>3<td>4</table>",
            "Sum |  | 3\nPumps\nA | 1 | 2\n| 3 | 4",
        ),
        ("<table><tr><td>A<td rowspan=2>B<tr><td>C<tr><td>D<td>E</table>", "A | B\nC\nD | E"),
        (
            "<table style='white-space:pre'><tr><td style='white-space:pre-wrap'>a  b</td><td>2</table>",
            "a  b | 2",
        ),
        ("<div>To: Anna</div><div>&nbsp;</div><div>How many?</div>", "To: Anna\n\nHow many?"),
        (
            "<ol style='list-style-type:lower-alpha'><li>x</ol><ul style='list-style:none'><li>y</ul>",
            "a. x\n\ny",
        ),
        ("<ol><li>one<li>two<ol type=a><li>x</ol><li>three</ol>", "1. one\n2. two\n  a. x\n3. three"),
        (
            "<style>.n{display:block}</style><div><span class=n>20</span><span class=n>years</span></div>"
            "<div style='display:flex'><b>a</b><b>b</b></div><ol><li><a class=n>x</a></ol>",
            "20\nyears\na b\n\n1. x",
        ),
        ("He said <q>yes</q>.", "He said “yes”."),
        (
            "<fieldset><legend>Choose</legend><button>Yes</button><button>No</button></fieldset>"
            "<i style='float:left'>Sum</i>12<p><i style='display:table-cell'>a</i><i style='display:table-cell'>b</i>",
            "Choose\nYes No\nSum 12\n\na b",
        ),
        ("by<font color=white> x </font><a>clicking</a><i style='display:none'> x</i>.", "by clicking."),
        ("<select><option>Tea<option>Milk</select>", "Tea Milk"),
        ("<body text=#fff bgcolor=white>x<p><font color=red>y</font>", "y"),
        ("<body link=#fff><a href='https://x.org'>x</a>y", "y"),
        ("<ol reversed><li>c<li>b<ul><li>x<li>y</ul><li>a</ol>", "3. c\n2. b\n  - x\n  - y\n1. a"),
        ("<ol reversed start=10><li>x<li value=4>y<li>z</ol>", "10. x\n4. y\n3. z"),
        ("<ol reversed><li>b<li style='display:none'>x<li>a", "2. b\n1. a"),
        ("<table><tr><td><ol reversed type=a><li>b<li>a</ol></table>\ufdd00\ufdd0", "b. b\na. a\n\n0"),
        ("<ol start=-1><li>x<li>y<li>z</ol><ol start='+3'><li>x", "-1. x\n0. y\n1. z\n\n3. x"),
        (
            "<ol type=I start=39><li>x<li>y</ol><ol type=A start=26><li>x<li>y",
            "XXXIX. x\nXL. y\n\nZ. x\nAA. y",
        ),
        ("<ol><li><p>one</p><p>more</p><li><div>two</div></ol>", "1. one\n\nmore\n\n2. two"),
        (
            "<table><thead><tr><td>A<td>B<tfoot><tr><td>S<td>9<tbody><tr><td>1<td>2</table>",
            "A | B\n1 | 2\nS | 9",
        ),
        ("<a href='mailto:?subject=x&to=a@b.org'>us</a>", "us <a@b.org>"),
        (
            "<map><area href='https://x.org/a' alt='The shop'><area alt=x></map>",
            "[The shop] <https://x.org/a>",
        ),
        (
            "<input type=checkbox checked>Tea <input type=radio>Milk <input value='12'> <input type=hidden value=x>"
            "<input type=submit value=Order><input type=image alt=Pay src=x>",
            "[x] Tea [ ] Milk [12] [Order][Pay]",
        ),
        ("<ol start=4><li>four<li value=9>nine</ol><ul><li>tea</ul>", "4. four\n9. nine\n\n- tea"),
        (
            "10<sup>3</sup> pieces, H<sub>2</sub>O, 2<sup>nd</sup>, x<sup>ab</sup>",
            "10³ pieces, H₂O, 2nd, x^ab",
        ),
        ("at <s>12</s> <del>13</del> 14", "at ~~12 13~~ 14"),
        ("<span style='text-decoration:line-through'>12</span> 14", "~~12~~ 14"),
        ("<a href='mailto:sales@example.org?subject=x'>us</a>", "us <sales@example.org>"),
        ("<a href='mailto:a@b.org'>a@b.org</a>", "a@b.org"),
        (
            "<a href='tel:+49 171 1234567'>call</a>, <a href='tel:+491711234567'>0171 1234567</a>",
            "call <+491711234567>, 0171 1234567",
        ),
        ("<a href='https://x.org/a'><table><tr><td>Plan</td></tr></table></a>", "Plan <https://x.org/a>"),
        ("<a href='https://x.org/a'><div>Plan</div></a>y", "Plan <https://x.org/a>\ny"),
        ("<a href='https://x.org/'>x.org</a>", "x.org"),
        ("<a href='http://www.x.org/'>www.x.org</a>", "www.x.org"),
        (
            "<a href='https://evil.example'>https://bank.example</a>",
            "https://bank.example <https://evil.example>",
        ),
        ("<a href='https://x.org'>Not https://x.org.uk</a>", "Not https://x.org.uk <https://x.org>"),
        (
            "<a href='https://urldefense.proofpoint.com/v2/url?u=https-3A__x.org_a-2Db&d=1'>a</a>",
            "a <https://x.org/a-b>",
        ),
        (
            "<a href='https://urldefense.proofpoint.com/v2/url?u=http-3A__x.org_a-0AFrom-3A-20b&d=1'>a</a>",
            "a <http://x.org/aFrom:b>",
        ),
        (
            "<a href='https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx.org%2Fa&data=1'>a</a>",
            "a <https://x.org/a>",
        ),
        (f"<a href='https://x.org/{'a' * 300}'>a</a>", "a <https://x.org/…>"),
        ("<a href='javascript:alert(1)'>a</a> <a href='#b'>b</a>", "a b"),
        ("<img alt='Plan of the hall'> <img alt='😀'><img alt=x width=1>", "[Plan of the hall] 😀"),
        ("<img alt='image001.png' src='cid:1'>x", "x"),
        ("<p>On 2 Nov 2026, Ida wrote:</p><blockquote>Hi</blockquote>", "On 2 Nov 2026, Ida wrote:\n\n> Hi"),
        (
            "<blockquote type=cite>Hi<blockquote class=gmail_quote>Ho</blockquote></blockquote>",
            "> Hi\n>\n> > Ho",
        ),
        *(
            (f"<div>Yes.</div>{quote}", f"Yes.\n\n{text}")
            for quote, text in (
                (
                    "<br><div class=gmail_quote><div class=gmail_attr>On 2 Nov 2026 Ida wrote:<br></div><blockquote class=gmail_quote>Hi",
                    "On 2 Nov 2026 Ida wrote:\n\n> Hi",
                ),
                (
                    "<blockquote type=cite><div>On 2 Nov 2026, Ida wrote:</div><br>Hi",
                    "> On 2 Nov 2026, Ida wrote:\n>\n> Hi",
                ),
                (
                    "<hr><div id=divRplyFwdMsg><b>From:</b> Ida<br><b>Sent:</b> Monday<div>&nbsp;</div></div>Hi",
                    "From: Ida\nSent: Monday\n\nHi",
                ),
            )
        ),
        ("<p>Items</p><blockquote style='margin:0 0 0 40px;border:none'>one</blockquote>", "Items\n\none"),
    ],
)
def test_the_text_says_what_the_layout_says(html, text):
    assert html_text.to_text(html) == text


def test_the_html_part_counts_if_the_plain_one_is_a_stub():
    html = part("text/html", "<p>Your order 12 is late. Is the 14th fine?</p>")
    for stub in (
        "Your mail program does not show HTML.",
        "View this email: https://x.org/1",
        "Ihr Programm zeigt kein HTML an.",
    ):
        assert "Is the 14th fine?" in eml.read(multipart("alternative", part("text/plain", stub), html)).text
    plain = part("text/plain", "Your order 12 is late.\n\nIs the 14th fine? Please say.")
    assert "Please say." in eml.read(multipart("alternative", plain, html)).text


TOO_MUCH = "<p>x</p>" * (html_text.MOST_TAGS // 2 + 1)


def test_of_html_that_is_too_large_the_same_text_in_plain_is_read():
    plain = part("text/plain", "Your order 12 is late. Is the 14th fine? Please say by Friday.")
    found = eml.read(multipart("alternative", plain, part("text/html", TOO_MUCH)))
    assert found.text.endswith("Please say by Friday.")


def test_what_did_not_fit_takes_no_room_from_what_follows():
    plain = part("text/plain", "Your order 12 is late. Is the 14th fine? Please say by Friday.")
    both = multipart("alternative", plain, part("text/html", TOO_MUCH))
    inner = b"Content-Type: " + both.partition(b"Content-Type: ")[2]
    inner = inner.replace(b'"B"', b'"C"').replace(b"--B", b"--C")
    footer = part("text/html", "<p>Sent to the list.</p>")
    assert eml.read(multipart("mixed", inner, footer)).text.endswith(
        "Please say by Friday.\n\nSent to the list."
    )


def test_large_html_beside_the_text_is_refused_by_its_size():
    plain = part("text/plain", "See below.")
    with pytest.raises(eml.Unreadable, match="too large"):
        eml.read(multipart("mixed", plain, part("text/html", TOO_MUCH)))
