"""What is done with every study of a cohort, in shards: edits, classifications, drawings, augmentation, measures."""
