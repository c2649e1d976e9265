"""`rnn-manual explain`: a layer's equations, parameters, shapes, and the map of out and h_n."""
