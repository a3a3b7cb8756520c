"""A drift check's document as people and machines read it: Markdown, a page, one issue, Prometheus's text."""
