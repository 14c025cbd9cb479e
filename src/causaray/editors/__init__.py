"""What every editor shares: how weights are saved and opened, and the names by which editors are asked for."""
