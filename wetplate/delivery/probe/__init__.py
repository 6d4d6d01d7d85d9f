"""The probe: a stranger who fetches what a family offers and says what is wrong with it.

`plan` chooses what to ask for, `visit` asks, `judge` says what is wrong, `report` adds up. Only `visit` and
`catalog` do I/O.
"""
