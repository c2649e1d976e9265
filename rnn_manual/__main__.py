import sys

from rnn_manual.cli import main

sys.exit(main())
