"""`python -m sinwon` is the `sinwon` command."""

from sinwon.cli.main import main

main()
