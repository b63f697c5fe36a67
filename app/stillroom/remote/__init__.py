"""Models behind an address: client, failures, prices."""
