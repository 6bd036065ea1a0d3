"""Understanding: text, categories, dangers, addresses, speech. A plugin: it knows ports and errors only."""
