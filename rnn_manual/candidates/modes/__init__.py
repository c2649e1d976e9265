"""The ways in which people run a recurrent layer, family by family."""
