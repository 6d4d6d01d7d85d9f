"""The review console: people decide on images, notices and appeals."""
