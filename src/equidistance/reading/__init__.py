"""From a text to records: who said or did what to whom and when, and what the author claims."""
