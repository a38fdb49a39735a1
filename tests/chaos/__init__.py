"""People answer emails while processes are killed and suspended; a checker then reads what is left.

`make chaos MINUTES=10` runs it for long. `test_chaos` is a short run with one fault of each kind.
"""
