"""HTTP/1.1 for clients that nobody trusts: limits before parsing, a deadline for everything that a client can delay."""
