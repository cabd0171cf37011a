"""`python -m governance.cli`: the same as `duiqi`, for an interpreter chosen by hand."""

from governance.cli import main

main()
