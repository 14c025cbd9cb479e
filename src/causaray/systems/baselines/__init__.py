"""What the systems are compared with."""
