"""What GitHub tells and shows, as values: events, pull requests, comments, check runs, artifacts."""
