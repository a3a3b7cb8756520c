"""What people read, and where it is posted."""
