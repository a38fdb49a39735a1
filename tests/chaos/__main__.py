"""`make chaos`, or `python -m tests.chaos [--minutes 10] [--seed 1] [--database postgresql]`."""

import argparse
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emailassistant.settings")

from tests.chaos import rig
from tests.chaos.checker import CHECKED

SHOWN = 20  # problems


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=rig.RIGS, default="postgresql")
    parser.add_argument("--people", type=int, default=10)
    asked = parser.parse_args()
    print(f"{asked.minutes:g} minutes on {asked.database} with seed {asked.seed} …", flush=True)
    with rig.RIGS[asked.database]() as running:
        plan = rig.faults_for(asked.minutes)
        _, problems, figures = rig.run(running, plan, seed=asked.seed, people=asked.people)
    for name, figure in figures.items():
        print(f"{name:28}{figure}")
    print("Checked:", *CHECKED, sep="\n  ")
    if problems:
        print(f"{len(problems)} problems:", *problems[:SHOWN], sep="\n  ")
        sys.exit(1)
    print("No problems.")


main()
