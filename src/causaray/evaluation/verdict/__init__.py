"""What tells whether an edit shows what was asked for, and how often that is right."""
