"""Hold flags and scores against labels; nothing here sees a model."""
