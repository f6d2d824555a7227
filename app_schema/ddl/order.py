"""The places of objects in the order of creation and of dropping, and of what is done to tables between."""

from __future__ import annotations

from enum import IntEnum


class Drops(IntEnum):
    """The order of what is dropped: dependents before anything is made, prerequisites (from EARLY_FUNCTION
    on) after it."""

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
    """The order of what is made or altered: prerequisites first. An added enum value commits what came
    before it."""

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
    COMMENT = 22
