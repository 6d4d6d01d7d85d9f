"""Canonical images: the immutable originals, admitted once, only when judged and approved."""
