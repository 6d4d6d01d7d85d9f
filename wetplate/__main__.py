"""`python -m wetplate` is the console script."""

from wetplate.cli import main

main()
