"""Plain torch modules. A net knows nothing of files, training or systems."""
