"""Pixels: decoding and encoding, comparing, fingerprints. Knows no lifecycle.

A picture in memory is a numpy array `(height, width, 3)` or `(height, width, 4)` of 8-bit sRGB, alpha last
and not premultiplied. A fourth channel is there only when at least one pixel is not opaque.
"""
