"""What exists: one thin module per stage of an image's life, its checks beside it.

Bodies only name things.
"""
