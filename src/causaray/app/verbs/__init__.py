"""The verbs of the command line as functions: they return objects and print nothing."""
