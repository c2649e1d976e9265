"""`rnn-manual trace`: one small run, step by step, in numbers."""
