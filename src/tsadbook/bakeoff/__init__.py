"""The bake-off: every detector on every series, once a seed, and what comes of it."""
