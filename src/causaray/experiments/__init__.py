"""What several systems' experiments share."""
