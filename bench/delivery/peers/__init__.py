"""One module a server: how it is started, and how the same wish is spelt in its language."""
