"""The pages of the review console: server-rendered, small, whole without a script."""
