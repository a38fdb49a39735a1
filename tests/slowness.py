"""How slow this machine is now, by a fixed piece of work that needs much memory, as the product does."""

import json
import time

SAMPLE_SECONDS = 0.043  # of CPU, on our machine when nothing else runs
SAMPLE = json.dumps([{"name": f"Name {n}", "values": list(range(n, n + 20))} for n in range(22_000)])


def sample():
    """Return the CPU seconds that the work takes."""
    began = time.thread_time()
    json.loads(SAMPLE)
    return time.thread_time() - began
