"""Adopting a database that another system made: it is noticed, looked at, led to the head by one revision."""
