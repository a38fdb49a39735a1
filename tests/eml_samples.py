"""Emails as mail programs save them: real-life shapes, made-up people."""

import base64

OUTLOOK = (
    b"Received: from mail.nordlys.example by mx.brevik.example; Sun, 22 Nov 2026 08:31:04 +0100\r\n"
    b'From: "Kowalczyk, Marta" <m.kowalczyk@nordlys.example>\r\n'
    b"To: Ida Brevik <ida@brevik.example>\r\n"
    b"Subject: =?Windows-1252?Q?RE:_Sensoren_f=FCr_T=F8nsberg_=96_Lieferung?=\r\n"
    b"Thread-Topic: Sensoren\r\n"
    b"Date: Sun, 22 Nov 2026 07:31:02 +0000\r\n"
    b"Message-ID: <AM0PR04MB6481A6B7C8D9E0F1A2B3C4D5E6F7@AM0PR04MB6481.eurprd04.prod.outlook.example>\r\n"
    b"References: <first@brevik.example>\r\n <second@nordlys.example>\r\n"
    b"In-Reply-To: <second@nordlys.example>\r\n"
    b'Content-Type: multipart/mixed; boundary="_004_AM0PR04MB6481_"\r\n'
    b"MIME-Version: 1.0\r\n\r\n"
    b"--_004_AM0PR04MB6481_\r\n"
    b'Content-Type: text/plain; charset="Windows-1252"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Liebe Ida,\r\n\r\nwo bleiben die 96 Sensoren f=FCr T=F8nsberg =96 die Rechnung =FCber 4.200 =80 =\r\n"
    b"ist bezahlt.\r\n\r\nViele Gr=FC=DFe\r\nMarta\r\n\r\n"
    b"Von: Ida Brevik <ida@brevik.example>\r\nGesendet: Donnerstag, 12. November 2026 09:14\r\n"
    b"An: Kowalczyk, Marta\r\nBetreff: Sensoren\r\n\r\nSie kommen am 20.\r\n\r\n"
    b"--_004_AM0PR04MB6481_\r\n"
    b'Content-Type: application/pdf; name="PO-4471.pdf"\r\n'
    b'Content-Disposition: attachment; filename="PO-4471.pdf"; size=3\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBE\r\n--_004_AM0PR04MB6481_--\r\n"
)

GMAIL = b"""\
MIME-Version: 1.0
Date: Sun, 22 Nov 2026 08:31:00 +0100
References: <one@brevik.example>
Message-ID: <CAF7xyz=abc@mail.gmail.example>
Subject: Re: Late delivery
From: Marta Kowalczyk <marta@gmail.example>
To: ida@brevik.example
Content-Type: multipart/alternative; boundary="000000000000abc"

--000000000000abc
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

Hello Ida,

nothing has arrived =E2=80=93 when do we get the 96 sensors?

On Thu, 12 Nov 2026 at 09:14, Ida Brevik <ida@brevik.example>
wrote:

> Dear Marta,
> on the 20th.
>
> On Mon, 9 Nov 2026 at 10:00, Marta Kowalczyk <marta@gmail.example> wrote:
>
>> When?

--000000000000abc
Content-Type: text/html; charset="UTF-8"

<div dir="ltr">Hello Ida, <b>not this one</b></div>
--000000000000abc--
"""

APPLE = b"""\
From: =?utf-8?Q?Sam_O=E2=80=99Hara?= <sam@icloud.example>
Content-Type: multipart/mixed; boundary="Apple-Mail=_1"
Mime-Version: 1.0 (Mac OS X Mail 16.0)
Subject: Photos
Message-Id: <5A@icloud.example>
Date: Mon, 23 Nov 2026 10:00:00 +0000

--Apple-Mail=_1
Content-Type: text/plain; charset=us-ascii

Before the picture.

--Apple-Mail=_1
Content-Disposition: inline; filename=IMG_1.jpeg
Content-Type: image/jpeg; name=IMG_1.jpeg
Content-Transfer-Encoding: base64

/9j/

--Apple-Mail=_1
Content-Type: text/plain; charset=us-ascii

After the picture.

--Apple-Mail=_1--
"""

EMOJI = (
    "From: =?UTF-8?B?8J+MniBTdW5ueSBTaG9w?= <shop@sunny.example>\n"
    "Reply-To: orders@sunny.example\n"
    "Subject: =?UTF-8?B?8J+OiSBZb3VyIG9yZGVy?=\nDate: Mon, 23 Nov 2026 10:00:00 -0000\n"
    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes("Dear 👩‍👩‍👧‍👦,\n\nwhen? 🇳🇴\n".encode()).decode()
).encode()

JAPANESE = (
    b"From: =?ISO-2022-JP?B?GyRCOjRGIxsoQiAbJEI3cjBsGyhC?= <sato@kensa.example>\n"
    b"Subject: =?ISO-2022-JP?B?GyRCOCtAUT1xJE43bxsoQg==?=\nDate: Mon, 23 Nov 2026 10:00:00 +0900\n"
    b"Message-ID: <jp@kensa.example>\nContent-Type: text/plain; charset=ISO-2022-JP\n"
    b"Content-Transfer-Encoding: 7bit\n\n"
) + "見積書を再送してください。\n\n佐藤 健一\n".encode("iso-2022-jp")

ARABIC = (
    """\
From: "م. ليلى الحوراني" <l.hourani@watan-water.example>
Subject: استفسار عن موعد تركيب المجسّات
Date: Sat, 21 Nov 2026 14:02:00 +0300
Message-ID: <ar@watan-water.example>
Content-Type: text/plain; charset=windows-1256
Content-Transfer-Encoding: 8bit

""".encode()
    + "السيدة إيدا المحترمة،\n\nمتى يصل الطلب؟\n".encode("cp1256")
)

HTML_ONLY = b"""\
From: Newsletter <news@shop.example>
Subject: Hello
Date: Mon, 23 Nov 2026 10:00:00 +0000
Content-Type: text/html; charset=utf-8

<html><head><style>p { color: red }</style><title>x</title></head><body>
<!--[if mso]><p>only for Outlook</p><![endif]-->
<![if !supportLists]><![endi]><?xml:namespace prefix = o />
<script>alert("run")</script><p>Dear Ida,</p><p>can you come on <b>Thursday</b>?&nbsp;See
<a href="https://shop.example/plan">the plan</a>.</p><ul><li>cake</li><li>tea</li></ul>
<div>On Thu, 12 Nov 2026, Ida wrote:</div><blockquote><p>Perhaps.</p></blockquote></body></html>
"""

ALL = {
    "Outlook": OUTLOOK, "Gmail": GMAIL, "Apple Mail": APPLE, "emoji": EMOJI, "ISO-2022-JP": JAPANESE,
    "right to left": ARABIC, "HTML only": HTML_ONLY,
}  # fmt: skip
