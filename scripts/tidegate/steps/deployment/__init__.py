"""From what Git says to what runs, and back."""
