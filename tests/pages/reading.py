"""Parse a page like a browser: its text, its forms with their values, and what each button sends."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    action: str
    method: str
    id: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # text -> name and value
    actions: dict[str, str] = field(default_factory=dict)  # text -> where that button sends the form instead


class Page(HTMLParser):
    """A parsed answer. `forms` in order; `text` as it is read; `html` with its white space made one."""

    def __init__(self, response):
        super().__init__()
        self.forms, self.text, self.ids, self.links = [], "", [], {}
        self._outside = []  # buttons and fields of a form that are not in it
        self._form = self._button = self._area = self._link = self._paragraph = self._select = None
        self._paragraphs, self._areas = {}, []  # text by id; name and the ids that describe it
        self._said = ""
        html = response.content.decode()
        self.html = " ".join(html.split())
        self.feed(html)
        for form_id, said, button, address in self._outside:
            form = next(form for form in self.forms if form.id == form_id)
            form.buttons[said] = button
            if address:
                form.actions[said] = address

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        if tag in ("p", "h1", "h2", "h3", "li", "div", "dt", "dd", "section"):
            self.text += " "
        self.ids.append(attributes.get("id"))
        if tag == "p":
            self._paragraph = attributes.get("id")
        if tag == "textarea":
            self._areas.append((attributes.get("name"), attributes.get("aria-describedby", "")))
        if tag == "form":
            self._form = Form(
                attributes.get("action", ""), attributes.get("method", "get"), attributes.get("id")
            )
            self.forms.append(self._form)
        elif tag == "input" and self._form and self._is_sent(attributes):
            self._form.fields.setdefault(attributes["name"], []).append(attributes.get("value", ""))
        elif tag == "select":
            self._select = attributes.get("name") if self._form else None
        elif tag == "option" and self._select:
            fields = self._form.fields
            if self._select not in fields or "selected" in attributes:
                fields[self._select] = [attributes.get("value", "")]
        elif tag == "textarea":
            self._area, self._said = attributes.get("name", "") if self._form else "", ""
        elif tag == "button":
            self._button, self._said = (attributes.get("name", ""), attributes.get("value", "")), ""
            self._formaction, self._form_id = attributes.get("formaction"), attributes.get("form")
        elif tag == "a":
            self._link, self._said = attributes.get("href"), ""

    def _is_sent(self, attributes):
        if attributes.get("type") in ("radio", "checkbox"):
            return "checked" in attributes
        return "name" in attributes

    def handle_endtag(self, tag):
        if tag == "p":
            self._paragraph = None
        elif tag == "form":
            self._form = None
        elif tag == "textarea":
            text = self._said.removeprefix("\n")  # a text area swallows its first line break
            if self._area:
                self._form.fields.setdefault(self._area, []).append(text)
            self._area = None
        elif tag == "button" and self._form_id:
            self._outside.append(
                (self._form_id, " ".join(self._said.split()), self._button, self._formaction)
            )
        elif tag == "button" and self._form is not None:
            said = " ".join(self._said.split())
            self._form.buttons[said] = self._button
            if self._formaction:
                self._form.actions[said] = self._formaction
        elif tag == "a" and self._link:
            self.links[" ".join(self._said.split())] = self._link

    def handle_data(self, data):
        self._said += data
        self.text += data
        if self._paragraph:
            self._paragraphs[self._paragraph] = self._paragraphs.get(self._paragraph, "") + data

    def form_with(self, button):
        for form in self.forms:
            if button in form.buttons:
                return form
        raise AssertionError(f"No form has a button {button!r}: {[list(f.buttons) for f in self.forms]}")

    def described_by(self, name):
        """Return the description of each text area of this name, as screen readers read it."""
        described_by = [ids.split() for area, ids in self._areas if area == name]
        texts = [" ".join(self._paragraphs[one] for one in ids) for ids in described_by]
        return [" ".join(text.split()) for text in texts]

    def says(self, words):
        return " ".join(words.split()) in " ".join(self.text.split())


class Browser:
    """A person at a browser without scripts: opens pages, types, presses buttons."""

    def __init__(self, client):
        self.client = client
        self.response = self.page = self.address = None

    def open(self, address, **options):
        return self._show(self.client.get(address, follow=True, **options), address)

    def press(self, button, *, follow=True, **typed):
        """Fill the form that has this button, in place, and press it."""
        form = self.page.form_with(button)
        data = {**form.fields, **{name: texts(value) for name, value in typed.items()}}
        name, value = form.buttons[button]
        if name:
            data[name] = [value]
        address = form.actions.get(button) or form.action or self.address
        if form.method == "get":
            return self._show(self.client.get(address, data, follow=True), address)
        return self._show(self.client.post(address, data, follow=follow), address)

    def _show(self, response, address):
        self.response, self.page = response, Page(response)
        chain = getattr(response, "redirect_chain", [])
        self.address = (chain[-1][0] if chain else address).partition("#")[0]
        return self

    @property
    def status(self):
        return self.response.status_code

    def says(self, words):
        return self.page.says(words)

    def typed(self, name):
        """What is in the fields of this name, in whichever form."""
        return [text for form in self.page.forms for text in form.fields.get(name, [])]


def texts(value):
    return value if isinstance(value, list) else [value]
