"""`python -m claims.cli` is `lemmata`, for where the script is not on the path."""

from claims.cli.app import main

if __name__ == "__main__":
    raise SystemExit(main())
