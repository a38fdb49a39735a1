"""`python -m tests.draft_checks`: prints the accuracy of the checks, and each false alarm and miss."""

from tests.draft_checks.labelled import precision, recall, results


def main():
    every = results()
    print("| | drafts | right | wrong alarms | missed | precision | recall |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for language in ("en", "de", "fr", ""):
        some = [one for one in every if one.language.startswith(language)]
        numbers = [sum(len(getattr(one, kind)) for one in some) for kind in ("right", "wrong", "missed")]
        shares = [f"{share(some):.0%}" for share in (precision, recall)]
        print(f"| {' | '.join([language or 'all', str(len(some)), *map(str, numbers), *shares])} |")
    for one in every:
        for kind, texts in (("wrong alarm", one.wrong), ("missed", one.missed)):
            for text in texts:
                print(f"{kind}: {text!r} ({one.language}) in {one.draft.replace(chr(10), ' ')[:100]!r}")


if __name__ == "__main__":
    main()
