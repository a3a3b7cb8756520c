"""What can be said of a change itself: its parts, its luck, its honesty."""
