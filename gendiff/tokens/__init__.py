"""Models of integer tokens.

A place holds one of `v` tokens. The clock runs as it does for signals, from nothing
known to everything known: its level is the *rate*, the share of places still unknown.
"""
