import pytest

for name in ("driver", "history", "machine", "races"):
    pytest.register_assert_rewrite(f"tests.faults.{name}")
