"""What the data says: its structure, its expectations, and how it differs from the base's."""
