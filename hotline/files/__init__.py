"""Files that citizens send along: checked by what they are, kept under names of our own."""
