"""What a layer is, as plain data computed from a configuration and from runs: no text is fixed."""
