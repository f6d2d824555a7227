"""The vocabulary of columns: types that several tables share."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import FetchedValue, ForeignKey, Numeric, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import mapped_column

# None is SQL NULL: a JSON null is neither the array nor the object that the checks ask for.
Json = JSONB(none_as_null=True)

# For a nullable column that app_user may not insert: otherwise the ORM names the column in every INSERT, with
# NULL, and PostgreSQL checks the INSERT privilege of each named column. FetchedValue renders no DDL.
LEFT_OUT = FetchedValue()

UuidKey = Annotated[
    uuid.UUID,
    mapped_column(primary_key=True, server_default=text("gen_random_uuid()"), doc="surrogate key"),
]
# For tables that mostly grow: see app.uuid_v7().
TimeKey = Annotated[
    uuid.UUID,
    mapped_column(primary_key=True, server_default=text("app.uuid_v7()"), doc="surrogate key"),
]
Owner = Annotated[uuid.UUID, mapped_column(ForeignKey("public.users.id", ondelete="CASCADE"), doc="owner")]
CreatedAt = Annotated[datetime, mapped_column(server_default=text("now()"), doc="time of insert")]
UpdatedAt = Annotated[
    datetime,
    mapped_column(server_default=text("now()"), doc="time of last change, moved by the touch trigger"),
]

Str7 = Annotated[str, mapped_column(String(7))]
Str10 = Annotated[str, mapped_column(String(10))]
Str20 = Annotated[str, mapped_column(String(20))]
Str50 = Annotated[str, mapped_column(String(50))]
Str100 = Annotated[str, mapped_column(String(100))]
Str255 = Annotated[str, mapped_column(String(255))]

Yen = Annotated[Decimal, mapped_column(Numeric(10, 2))]
# a share of a yen: one token costs far less than 0.01
FineYen = Annotated[Decimal, mapped_column(Numeric(12, 6))]
Percent = Annotated[Decimal, mapped_column(Numeric(5, 2))]
# 0.0 to 10.0
Score = Annotated[Decimal, mapped_column(Numeric(3, 1))]
# small numbers with two decimals, mostly 0.00 to 1.00
Ratio = Annotated[Decimal, mapped_column(Numeric(3, 2))]

# Storage parameters, for ``{"postgresql_with": ...}`` at the end of ``__table_args__``. Rows that are
# updated in place: each page keeps free space, so that PostgreSQL writes the new version into the page of the
# old version, without an index entry (HOT).
UPDATED = {"fillfactor": 85}
# Append-only tables: autovacuum after 5 % more rows sets the visibility map, without which an index-only scan
# reads the table.
APPENDED = {"autovacuum_vacuum_insert_scale_factor": 0.05}
