"""The unrolled network and the cell's data flow, drawn by matplotlib (the extra `pictures`)."""
