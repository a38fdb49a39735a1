"""The live events of a run, for pages and API, with several tabs and several servers.

The process of a run keeps its events in memory (`log`). With `REDIS_URL` it also writes them to a Redis
stream (`shared`), so that any process can serve them. Without Redis, other processes poll the database for
steps and states (`poller`). `following.follow` returns a reader that picks one of these sources, and the
next one when it fails. `server_sent` is the HTTP response.
"""
