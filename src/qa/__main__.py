"""`python -m qa` is the console script `qa`."""

import sys

from qa.cli import main

sys.exit(main())
