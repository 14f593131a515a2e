"""How fast each stage is against a plain reference, measured in one run."""
