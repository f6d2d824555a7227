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
    TYPE = 15
    EXTENSION = 16
    SCHEMA = 17
    ROLE = 18


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
    EARLY_FUNCTION = 5
    TABLE = 6
    COLUMN = 7
    STRIPPED = 8
    RETYPED = 9
    ALTERED = 10
    GENERATED = 11
    CONSTRAINT = 12
    INDEX = 13
    FOREIGN_KEY = 14
    FUNCTION = 15
    VIEW = 16
    TRIGGER = 17
    POLICY = 18
    ROW_SECURITY = 19
    GRANT = 20
    DEFAULT_GRANT = 21
    CONCURRENT_INDEX = 22
    COMMENT = 23
