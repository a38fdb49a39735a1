"""What operators and developers see of runs: log, metrics, traces, Burr's tracker."""
