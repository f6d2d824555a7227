"""Adopting a database that another system created: detected, compared, and upgraded to the head by one
revision."""
