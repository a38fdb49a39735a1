"""Compare how well quoted messages are told apart: ours, and other libraries of an environment of yours.

    python -m tests.quotes FOLDER [--peers /path/to/python] [--show]

FOLDER has pairs of files: `NAME.txt`, an email's text, and `NAME.expected.txt`, what is left without the quoted
messages. Public collections of such pairs are in the test folders of discourse/email_reply_trimmer, mailgun/talon,
crisp-oss/email-reply-parser and closeio/quotequail.
"""

import argparse
import json
import subprocess
import time
from collections import Counter
from pathlib import Path

from assistant_app.mail import quotes, shown
from tests.quotes.judge import verdict

PEERS = Path(__file__).with_name("peers.py")
VERDICTS = ("right", "quote left", "lost")


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.quotes", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", help="a Python in whose environment the other libraries are installed")
    parser.add_argument("--show", action="store_true", help="name the emails that ours gets wrong")
    given = parser.parse_args()
    names = sorted(path.name.removesuffix(".expected.txt") for path in given.folder.glob("*.expected.txt"))
    if not names:
        parser.error(f"{given.folder} has no pairs NAME.txt and NAME.expected.txt")
    emails = [read(given.folder / f"{name}.txt") for name in names]
    expected = [read(given.folder / f"{name}.expected.txt") for name in names]
    start = time.process_time()
    results = {"ours, without_quoted": [quotes.without_quoted(email) for email in emails]}
    spent = time.process_time() - start
    results["ours, newest_part (page)"] = [shown.newest_part(email) for email in emails]
    if given.peers:
        done = subprocess.run(
            [given.peers, PEERS], input=json.dumps(emails), capture_output=True, text=True, check=True
        )
        results |= json.loads(done.stdout)
    print(f"{len(names)} emails; ours takes {spent / len(names) * 1000:.1f} ms of CPU for each")
    print(f"{'tool':<26} {'right':>12} {'quote left':>12} {'lost':>12}")
    for tool, left in results.items():
        verdicts = [verdict(text, right) for text, right in zip(left, expected, strict=True)]
        counts = Counter(verdicts)
        print(f"{tool:<26}", *(f"{counts[each]:>5} ({counts[each] / len(names):4.0%})" for each in VERDICTS))
        if given.show and tool == "ours, without_quoted":
            print(
                *(f"  {each}: {name}" for name, each in zip(names, verdicts, strict=True) if each != "right"),
                sep="\n",
            )


def read(path):
    return path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")


if __name__ == "__main__":
    main()
