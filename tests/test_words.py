"""No text has a phrase that a native speaker stumbled over, or a word that sounds old."""

import ast
import re

from django.conf import settings

ROOT = settings.BASE_DIR
ODD = """
what you want to answer | nobody else sees your mail | Paste all of it | It is shown to you first
with lines on top that say | Give the quoted messages to the model | What stood in the field before
Nothing was sent yet | sender unknown | Create the account and start | The password again
The new password again | The password now | not a common one. A short sentence
how is written in the settings
It is weak on facts | weak on facts | Both count capital letters | this page waits for 5 minutes
Forgotten the password? | You have one already? | That did not work yet | Looking for questions
The reply depends on these | assumes something sensible | just write | being written ·
The writing goes on | This page looks again | Stop looking | Look again | Worth a look before you accept
Still to be filled in | facts you gave are in | Assumptions made because | What is right instead
Correct them and write again | not from you: | Send it on only | You wrote this one yourself | Another version
is draft 1 right? | Looks good, finish | Plain words are enough | Each is sent at once
Write in this language | Use this one | In one text | taken out | Both are the same, word for word
leave the feedback out | Which one did you mean | Put it aside | Change it if draft
put something else aside | you do not have to type anything | Change what you wrote first | (its words:
takes no more requests | gave nothing usable | This program has no access | went different ways
The first, this one | branched off | The way so far | Round: you. | You wanted another try
The state after it
What it changed | if the person goes on | gone back from | The model works on it | Whole time | The mail is.
The model is told it, whichever way | As the system | Without a name | How long should it work
What may it do?
stored scrambled | speaks OpenAI | starts the program again | all that hangs on it | What you asked of models
Emails that used most | Who used most | what you delete is not counted | Make accounts for others
would stand here | nobody could make accounts | What is being written now | until they are thrown away
There is nothing here for you | does not say which | To your emails | The program made a mistake
What is there | Waiting for its person | Running for over | first word never | to the letter
Let it be written once more | Other addresses | PUT raw data | changes it until you accept | go on days later
too weak to be trusted | is all that has to be there | as a model's server does | nothing of Django
or do not | sometimes beside the point | is not forgotten | Below each draft stands | pictures anew
Without any setting | at the left | on a telephone | behind your back
"""
PHRASES = [
    phrase.strip() for line in ODD.strip().splitlines() for phrase in line.split("|") if phrase.strip()
]


def sources():
    for folder, kinds in {
        "templates": ("html", "txt"),
        "assistant_app": ("py", "js"),
        "docs": ("md",),
        "emailassistant": ("py",),
    }.items():
        for kind in kinds:
            for path in sorted((ROOT / folder).rglob(f"*.{kind}")):
                if "migrations" not in path.parts and "decisions" not in path.parts:
                    yield path
    yield ROOT / "README.md"


def visible(path):
    """Return the text without comments; of Python, the strings and what the classes of errors say."""
    text = path.read_text()
    if path.suffix == ".html":
        return as_said(re.sub(r"{#.*?#}", "", text, flags=re.DOTALL))
    if path.suffix == ".js":
        return as_said(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    if path.suffix != ".py":
        return as_said(text)
    tree = ast.parse(text)
    strings = (
        node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    comments = {id(comment) for node in ast.walk(tree) if (comment := docstring_of(node))}
    return as_said(" | ".join(node.value for node in strings if id(node) not in comments))


def docstring_of(node):
    """Return the docstring of a module or function. That of a class may be the message of an error."""
    if not isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) or not node.body:
        return None
    first = node.body[0]
    return first.value if isinstance(first, ast.Expr) else None


def as_said(text):
    return re.sub(r"\s+", " ", text.replace("’", "'"))


def test_no_text_has_an_odd_phrase():
    found = {}
    for path in sources():
        text = visible(path)
        for phrase in PHRASES:
            if re.search(r"(?<!\w)" + re.escape(as_said(phrase)), text):
                found.setdefault(phrase, []).append(str(path.relative_to(ROOT)))
    assert found == {}


def test_no_old_fashioned_word_is_used():
    found = []
    for path in [*sources(), ROOT / "CHANGELOG.md", *(ROOT / "docs" / "decisions").glob("*.md")]:
        words = re.findall(r"\b(?:nobody|whoever|anew|nought)\b", path.read_text(), re.IGNORECASE)
        if words and path.name != "contradictions.py":  # which finds them in emails
            found.append((str(path.relative_to(ROOT)), words))
    assert found == []
