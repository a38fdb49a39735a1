"""Move an event loop's clock forward, so that a test can make a time limit expire at a chosen point."""


def let_pass(loop, seconds=60):
    """Make everything that waits on this loop until then due at once; works from any thread."""
    now = loop.time
    loop.call_soon_threadsafe(setattr, loop, "time", lambda: now() + seconds)
