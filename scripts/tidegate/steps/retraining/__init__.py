"""More data as a pull request."""
