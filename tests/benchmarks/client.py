"""A client that costs little, since it shares the machine with what it measures; and many of them.

It keeps one connection, as a browser does, and knows just what the flows need.
"""

import http.client
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

DEADLINE = 120
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HIDDEN = re.compile(rb'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Answer:
    def __init__(self, response, path):
        self.status_code = response.status
        self.headers = response.headers
        self.path = path
        self.content = response.read()

    def json(self):
        return json.loads(self.content)


class Client:
    """One person at the server, through the API (`token`) or the pages (`session`)."""

    def __init__(self, url, *, token=None, session=None, context=None):
        """With an SSL context, over https."""
        parts, options = urlsplit(url), {"timeout": DEADLINE}
        if context is None:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, **options)
        else:
            self._connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, context=context, **options
            )
        self._headers = {"Authorization": f"Token {token}"} if token else {}
        self._cookies = {"sessionid": session} if session else {}
        self._hidden = {}  # of the form shown last: its CSRF token and what else it carries

    def close(self):
        self._connection.close()

    def get(self, path):
        return self._request("GET", path)

    def post(self, path, json=None):
        return self._request("POST", path, *_encoded(json))

    def put(self, path, json=None, headers=()):
        body, content_type = _encoded(json)
        return self._request("PUT", path, body, content_type | dict(headers))

    def show(self, path):
        """Get a page, and keep what its form carries."""
        answer = self.get(path)
        self._hidden = {name.decode(): value.decode() for name, value in HIDDEN.findall(answer.content)}
        return answer

    def send(self, path, typed):
        """Send the form shown last, and follow the redirect to the page that comes then."""
        answer = self._request("POST", path, urlencode(self._hidden | typed, doseq=True).encode(), FORM)
        if answer.status_code != 302:
            return answer
        return self.get(urljoin(path, answer.headers["Location"].partition("#")[0]))

    def follow(self, path):
        """Read an event stream to its end."""
        return self.get(path)

    def open(self, path):
        """Begin to read an answer; to be read by the line, and to its end."""
        self._connection.request("GET", path, headers=self._sent({}))
        return self._connection.getresponse()

    def _request(self, method, path, body=None, headers=()):
        self._connection.request(method, path, body=body, headers=self._sent(headers))
        answer = Answer(self._connection.getresponse(), path)
        for cookie in answer.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
        return answer

    def _sent(self, headers):
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {**self._headers, **dict(headers), **({"Cookie": cookies} if cookies else {})}


def _encoded(data):
    return (None, {}) if data is None else (json.dumps(data).encode(), JSON)


def timed(calls):
    """Make the calls of a flow; return `(name, seconds)` for each."""
    times = []
    for name, call in calls:
        begin = time.perf_counter()
        call()
        times.append((name, time.perf_counter() - begin))
    return times


def repeated(function, times):
    """Return the seconds that it takes each time."""
    return [seconds for _, seconds in timed(("", function) for _ in range(times))]


def at_once(clients, function, rounds):
    """Let all clients do it so many times, at the same time; return what each did, and the seconds."""
    with ThreadPoolExecutor(len(clients)) as pool:
        begin = time.perf_counter()
        done = list(pool.map(lambda client: [function(client) for _ in range(rounds)], clients))
        return [result for results in done for result in results], time.perf_counter() - begin
