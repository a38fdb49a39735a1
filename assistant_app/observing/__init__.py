"""What operators and developers see of the runs: the log, counters, traces, Burr's tracker."""
