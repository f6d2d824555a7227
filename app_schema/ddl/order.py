"""The order of creation, alteration and dropping."""

from __future__ import annotations

from enum import IntEnum


class Drops(IntEnum):
    """The order of drops: dependents before the first creation, prerequisites (from EARLY_FUNCTION on) after
    the last."""

    COMMENT = -1
    DEFAULT_GRANT = 0
    GRANT = 1
    POLICY = 2
    ROW_SECURITY = 3
    TRIGGER = 4
    DEFAULT = 5
    VIEW = 6
    FOREIGN_KEY = 7
    INDEX = 8
    CONSTRAINT = 9
    GENERATED = 10
    FUNCTION = 11
    COLUMN = 12
    TABLE = 13
    EARLY_FUNCTION = 14
    DOMAIN = 15
    FUNCTION_OF_DOMAIN = 16
    TYPE = 17
    EXTENSION = 18
    SCHEMA = 19
    ROLE = 20


class Makes(IntEnum):
    """The order of creations and alterations: prerequisites first.

    ENUM_VALUE is the first, because ADD VALUE commits all earlier statements; CONCURRENT_INDEX is behind all
    that has an order with other objects, because CONCURRENTLY commits them too: no object is absent between
    its drop and its creation.
    """

    ENUM_VALUE = 0
    SCHEMA = 1
    EXTENSION = 2
    ROLE = 3
    TYPE = 4
    FUNCTION_OF_DOMAIN = 5
    DOMAIN = 6
    EARLY_FUNCTION = 7
    TABLE = 8
    COLUMN = 9
    STRIPPED = 10
    RETYPED = 11
    ALTERED = 12
    GENERATED = 13
    CONSTRAINT = 14
    INDEX = 15
    FOREIGN_KEY = 16
    FUNCTION = 17
    VIEW = 18
    TRIGGER = 19
    POLICY = 20
    ROW_SECURITY = 21
    GRANT = 22
    DEFAULT_GRANT = 23
    CONCURRENT_INDEX = 24
    COMMENT = 25
