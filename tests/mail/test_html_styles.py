"""HTML in the many spellings of style sheets and colours: what no one sees is left out, all else stays."""

import pytest

from assistant_app.mail import html_text

HIDDEN = [
    "<div style='display:\\6eone'>{}</div>",
    "<div style='display:/**/none'>{}</div>",
    "<div style='dis/*x*/play:none;display/**/:none'>{}</div>",
    "<div style='display&#58;none'>{}</div>",
    "<div style='mso-hide:all;display:none;max-height:0px;overflow:hidden'>{}</div>",
    "<tr><td></td></tr><table><tr style='visibility:collapse'><td>{}</td></tr></table>",
    "<div style='opacity:.0'>{}</div>",
    "<div style='opacity:0%'>{}</div>",
    "<div style='filter:alpha(opacity=0)'>{}</div>",
    "<div style='filter:opacity(0)'>{}</div>",
    "<div style='font:0/0 a'>{}</div>",
    "<div style='font:0px/0px Arial'>{}</div>",
    "<div style='font:italic bold 0px Arial'>{}</div>",
    "<div style='font-size:0em'>{}</div>",
    "<div style='font-size:.1px'>{}</div>",
    "<div style='font-size:0.01pt'>{}</div>",
    "<div style='font-size:calc(0px)'>{}</div>",
    "<font size=1 color=white>{}</font>",
    "<div style='height:0;overflow:hidden'>{}</div>",
    "<div style='width:0px;height:0px;overflow:hidden'>{}</div>",
    "<div style='max-height:0;overflow:clip'>{}</div>",
    "<div style='line-height:0;max-height:0;overflow:hidden'>{}</div>",
    "<div style='clip-path:inset(100%)'>{}</div>",
    "<div style='clip-path:circle(0)'>{}</div>",
    "<div style='transform:scale(0)'>{}</div>",
    "<div style='transform: scaleY(0)'>{}</div>",
    "<div style='position:absolute;left:-999em'>{}</div>",
    "<div style='position:absolute;right:-9999px'>{}</div>",
    "<div style='position:fixed;top:-5000px'>{}</div>",
    "<div style='margin-left:-9999px'>{}</div>",
    "<div style='margin:0 0 0 -9999px'>{}</div>",
    "<div style='text-indent:-999em'>{}</div>",
    "<div style='text-indent:100%;white-space:nowrap;overflow:hidden'>{}</div>",
    "<p style='color:#ffffff00'>{}</p>",
    "<p style='color:rgba(0,0,0,0)'>{}</p>",
    "<p style='color:rgb(0 0 0 / 0)'>{}</p>",
    "<p style='color:hsla(0,0%,0%,0)'>{}</p>",
    "<p style='color:hsl(0,0%,100%)'>{}</p>",
    "<p style='color:rgb(100%,100%,100%)'>{}</p>",
    "<p style='color:ghostwhite'>{}</p>",
    "<div style='background:lightgray'><p style='color:#d3d3d3'>{}</p></div>",
    "<p style='-webkit-text-fill-color:transparent'>{}</p>",
    "<div hidden='until-found'>{}</div>",
    "<html><head><style>.preheader{display:none!important}</style></head><body><span class=preheader>{}</span></body></html>",
    "<style>[class=pre]{display:none}</style><span class=pre>{}</span>",
    "<style>span[class~=\"pre\"]{display:none}</style><span class='a pre'>{}</span>",
    "<style>div[id=p]{display:none}</style><div id=p>{}</div>",
    "<style>div .pre{display:none}</style><div><span class=pre>{}</span></div>",
    "<style>div > span.pre{display:none}</style><div><span class=pre>{}</span></div>",
    "<style>.a.b{display:none}</style><div><span class='b a'>{}</span></div>",
    "<style>@media all{.pre{display:none}}</style><span class=pre>{}</span>",
    "<style>@media screen{.pre{display:none}}</style><span class=pre>{}</span>",
    "<style>@media only screen and (min-width:0){.pre{display:none}}</style><span class=pre>{}</span>",
    "<STYLE TYPE='text/css'><!--\n.pre{DISPLAY:NONE;}\n--></STYLE><span class=pre>{}</span>",
    "<style>.pre{display:block}.pre{display:none}</style><h6 class=pre>{}</h6>",
    "<style>.pre{display:none !important}</style><span class=pre style='display:block'>{}</span>",
    "<span style='display:none!important;display:block'>{}</span>",
    "<div style='opacity:0'><p style='opacity:1'>{}</p></div>",
    "<style> .pre , .x { display : none } </style><span class='x'>{}</span>",
    "<style>@charset 'utf-8';@import url(x.css);.pre{display:none}</style><span class=pre>{}</span>",
    "<style>@font-face{font-family:x;src:url(y)}.pre{display:none}</style><span class=pre>{}</span>",
    "<style>*{margin:0} .pre *{display:none}</style><div class=pre><b>{}</b></div>",
    "<style>.pre:first-child,.pre{display:none}</style><div class=pre><b>{}</b></div>",
]
SEEN = [
    "<!--[if !mso]><!--><div>{}</div><!--<![endif]-->",
    "<![if !mso]><div>{}</div><![endif]>",
    "<p class=MsoListParagraph style='text-indent:-.25in;mso-list:l0 level1 lfo1'>{}</p>",
    "<p style='mso-hide:none'>{}</p>",
    "<p style='margin-left:36.0pt;text-indent:-18.0pt'>{}</p>",
    "<style>.d{background-color:#222}</style><table><tr><td class=d><span style='color:#fff'>{}</span></td></tr></table>",
    "<style>table.d td{background:#222}</style><table class=d><tr><td><span style='color:#fff'>{}</span></td></tr></table>",
    "<table><tr><td bgcolor=#0a3><a style='color:#ffffff' href='https://x.org'>{}</a></td></tr></table>",
    "<a style='background:#06c url() no-repeat;color:#fff'>{}</a>",
    "<div style='background:linear-gradient(90deg,#000,#111);color:#fff'>{}</div>",
    "<div style='background:rgba(0,0,0,.5);color:#fff'>{}</div>",
    "<div style='background:#000'><div style='background:transparent;color:#fff'>{}</div></div>",
    "<div style='max-height:100px;overflow:hidden'>{}</div>",
    "<div style='opacity:1.0'>{}</div>",
    "<div style='font-size:100%'>{}</div>",
    "<td style='font-size:0;line-height:0'><span style='font-size:12px'>{}</span></td>",
    "<div style='font:12px/1.5 Arial'>{}</div>",
    "<div style='font-size:0'><p style='font:12px Arial'>{}</p></div>",
    "<div style='font-size:0'><p style='font-size:medium'>{}</p></div>",
    "<div style='font-size:1px'><font size=3>{}</font></div>",
    "<div style='position:absolute;left:-10px'>{}</div>",
    "<div style='margin:0 -15px'>{}</div>",
    "<style>@media print{.p{display:none}}</style><p class=p>{}</p>",
    "<style>@media only screen and (max-width:480px){.p{display:none!important}}</style><p class=p>{}</p>",
    "<style>.p:hover{display:none}</style><p class=p>{}</p>",
    "<style>.x .p{display:none}</style><p class=p>{}</p>",
    "<style>.ExternalClass{display:none} #outlook a{display:none}</style><p><a>{}</a></p>",
    "<style>u + #body .g{display:none}</style><p class=g>{}</p>",
    "<style>@media yahoo{.g{display:none}}</style><p class=g>{}</p>",
    "<style>@media (prefers-color-scheme:dark){.g{display:none}}</style><p class=g>{}</p>",
    "<style>p:not(.g){display:none}</style><p class=g>{}</p>",
    "<style>[class=z]{display:none}</style><p class=g>{}</p>",
    "<details open><summary>x</summary>{}</details>",
    "<div style='color:#fff;background:#000'><p style='color:inherit'>{}</p></div>",
    "<div style='color:#000'><p style='color:currentcolor'>{}</p></div>",
    "<style>body{background:#123}</style><body><p style='color:#fff'>{}</p></body>",
    "<a style='color:#fff;background-color:rgb(10,20,30)'>{}</a>",
]


@pytest.mark.parametrize("html", HIDDEN)
def test_what_no_one_sees_is_left_out_and_counted(html):
    found = html_text.read(f"<p>Please confirm 40.</p>{html.replace('{}', 'the price is 0')}<p>Thanks</p>")
    assert found.text.split() == ["Please", "confirm", "40.", *(["a"] if ">a<" in html else []), "Thanks"]
    assert found.hidden >= 4


@pytest.mark.parametrize("html", SEEN)
def test_what_can_be_seen_stays(html):
    assert "the price is 40" in html_text.to_text(
        f"<p>Hello</p>{html.replace('{}', 'the price is 40')}<p>Bye</p>"
    )
