"""The live events of a run, for whoever watches: pages, API, several tabs, several servers.

A run's process keeps its events in memory (`log`) and, where `REDIS_URL` is set, in a Redis stream
(`shared`), so that any process serves them. Without Redis, other processes see steps and states by
asking the database (`poller`). `following.follow` gives a reader, which chooses, and goes from one to the
next when one fails; `server_sent` is the HTTP answer.
"""
