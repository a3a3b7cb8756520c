"""What a command does with several adapters: between commands, which read options, and core, which decides."""
