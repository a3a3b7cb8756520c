"""What other tools write about models: told apart by its form, and read as rows or as numbers."""
