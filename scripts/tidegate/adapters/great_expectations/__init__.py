"""Great Expectations, in a process of its own."""
