"""One module per command: settings, adapters asked, core decides, adapters told, answer."""
