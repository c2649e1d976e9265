"""What the command line and the pytest options offer; imports nothing, so that --help is quick."""

KINDS = ("rnn", "lstm")
DTYPES = {"float32": "f32", "float64": "f64"}  # name → how ids shorten it
LEVELS = ("quick", "full")
