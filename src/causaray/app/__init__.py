"""What a user meets: the command line and the verbs behind it."""
