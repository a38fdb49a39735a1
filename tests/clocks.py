"""A loop's clock that is moved on: a time limit is over once what must come before it has come."""


def let_pass(loop, seconds=60):
    """Make all that waits on this loop until then due at once; from any thread."""
    now = loop.time
    loop.call_soon_threadsafe(setattr, loop, "time", lambda: now() + seconds)
