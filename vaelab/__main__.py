"""`python -m vaelab` is the command `vaelab`, where that is not on the path."""

import sys

from vaelab.cli import main

sys.exit(main())
