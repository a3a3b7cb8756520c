"""What Tidegate speaks to: one module per tool."""
