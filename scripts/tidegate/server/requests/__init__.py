"""Bodies to columns, strictly: what does not fit the signature is refused with row, column, value and expectation."""
