"""The origin: what stands behind each address, one module per family of routes.

`front` meets every request; `published`, `transformed`, `private` and `documents` answer; `service` holds
what they share; `bodies` and `answers` are bytes from the store and bytes to the client.
"""
