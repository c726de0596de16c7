"""The command line `lemmata`: one file a command, `app` puts them together."""
