"""The gallery: pages on which a person sees what is public, and how it is served.

Here: pages and their words, style and script. Not here: the pictures' bytes (the origin's), the script that
shops use (`client`). Shows what is published and nothing else; every row is read anew for every page.
"""
