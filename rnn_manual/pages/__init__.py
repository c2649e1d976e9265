"""Reports as pages: one file each, without scripts, that prints well and needs no network."""
