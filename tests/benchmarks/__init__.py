"""Benchmarks against floors that are measured in the same run. They print figures and assert nothing."""
