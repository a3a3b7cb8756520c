"""What a training did and what it claims, from what DVC recorded."""
